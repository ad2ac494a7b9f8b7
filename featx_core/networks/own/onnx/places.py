"""Where the cells of a network's maps lie on its images, as the settings and weights of its steps say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featx_core.networks.own.onnx.graph import Node, OnnxGraph, Tensor
from featx_core.networks.own.onnx.layouts import Layout, Shape
from featx_core.networks.places import (
    EVERYWHERE,
    NOWHERE,
    PIXELS,
    UNMOVED,
    Move,
    Place,
    Sides,
    enlarged,
    joined,
    middle_of,
    padded_before,
    slid,
)

_POOLING = frozenset({"MaxPool", "AveragePool", "LpPool"})


def places_of(graph: OnnxGraph, shapes: Mapping[str, Shape], layouts: Mapping[str, Layout]) -> dict[str, Place | str]:
    """Tell where the cells of each value lie, in pixels of the input; tokens lie where the cells do that they were made of.

    Args:
        graph: With one input, images.
        shapes: Of the values for one image.
        layouts: Of the values that depend on the images.

    Returns:
        A `Place`, or `EVERYWHERE` or `NOWHERE`.
    """
    known: dict[str, Place | str] = {graph.inputs[0].name: PIXELS}
    for node in graph.nodes:
        parents = [name for name in node.inputs if name in known]
        for name in node.outputs:
            if parents and name in layouts:
                known[name] = _made(node, parents, name, known, shapes, layouts, graph.tensors)
    return known


def _made(
    node: Node,
    parents: Sequence[str],
    name: str,
    known: Mapping[str, Place | str],
    shapes: Mapping[str, Shape],
    layouts: Mapping[str, Layout],
    tensors: Mapping[str, Tensor],
) -> Place | str:
    after = _sides(layouts[name], shapes[name])
    if after == (1, 1) or (after is None and layouts[name].grid is None):
        return EVERYWHERE
    place = joined([known[parent] for parent in parents])
    if after is None or not isinstance(place, Place):
        return place
    maps = [parent for parent in parents if isinstance(known[parent], Place)]  # not gates, which see the whole image
    before = next((found for parent in maps if (found := _sides(layouts[parent], shapes[parent]))), after)
    by = _move(node, layouts[name], before, after, tensors)
    return NOWHERE if by is None else place.moved(by)


def _sides(layout: Layout, shape: Shape) -> Sides | None:
    """Return the rows and columns of a map; None where a value is none."""
    if "H" not in layout.axes or "W" not in layout.axes:
        return None
    return shape[layout.axes.index("H")], shape[layout.axes.index("W")]


def _move(node: Node, layout: Layout, before: Sides, after: Sides, tensors: Mapping[str, Tensor]) -> Move | None:
    """Say what a step does to the places of a map; None where that is not known."""
    attributes = node.attributes
    if node.kind == "Conv" and node.inputs[1] in tensors:
        kernel = tensors[node.inputs[1]]
        return _window(attributes, before, kernel.dims[2:], middle_of(kernel.values().transpose(2, 3, 1, 0)))  # type: ignore[arg-type]
    if node.kind in _POOLING:
        height, width = attributes["kernel_shape"]
        return _window(attributes, before, (height, width), ((height - 1) / 2, (width - 1) / 2))
    if node.kind == "Pad":
        return _padded(node, layout, tensors)
    if node.kind == "SpaceToDepth":
        side = int(attributes["blocksize"])
        return slid(((side - 1) / 2, (side - 1) / 2), (1, 1), (0, 0), (side, side))
    if node.kind in ("DepthToSpace", "Resize", "Upsample", "ConvTranspose"):
        return enlarged((after[0] / before[0], after[1] / before[1]))
    if node.kind == "Slice":
        return _sliced(node, layout, before, after, tensors)
    return UNMOVED if before == after else None


def _window(attributes: Mapping[str, Any], before: Sides, size: Sides, middle: tuple[float, float]) -> Move:
    strides, dilation = (tuple(attributes.get(name, (1, 1))) for name in ("strides", "dilations"))
    pads = attributes.get("pads", (0, 0, 0, 0))[:2]
    padding = bytes(attributes.get("auto_pad", b"NOTSET"))
    if padding.startswith(b"SAME"):
        sides = zip(before, size, strides, dilation, strict=True)
        pads = tuple(padded_before(side, cells, stride, spread) for side, cells, stride, spread in sides)
    return slid(middle, dilation, tuple(pads), strides)


def _padded(node: Node, layout: Layout, tensors: Mapping[str, Tensor]) -> Move | None:
    pads = node.attributes.get("pads") or _integers(node, 1, tensors)
    if pads is None or len(pads) < len(layout.axes):
        return None
    return (-pads[layout.axes.index("H")], 1), (-pads[layout.axes.index("W")], 1)


def _sliced(node: Node, layout: Layout, before: Sides, after: Sides, tensors: Mapping[str, Tensor]) -> Move | None:
    starts, axes, steps = (_integers(node, number, tensors) for number in (1, 3, 4))
    if starts is None or axes is None:
        return UNMOVED if before == after else None
    found = []
    for letter, side in zip("HW", before, strict=True):
        axis = layout.axes.index(letter)
        at = next((i for i, other in enumerate(axes) if other % len(layout.axes) == axis), None)
        start, step = (0, 1) if at is None else (starts[at], steps[at] if steps else 1)
        found.append((start + side if start < 0 else start, step))
    return found[0], found[1]


def _integers(node: Node, number: int, tensors: Mapping[str, Tensor]) -> list[int] | None:
    """Return the values of an input that is a constant; None for others."""
    if number >= len(node.inputs) or node.inputs[number] not in tensors:
        return None
    return [int(value) for value in tensors[node.inputs[number]].values().ravel()]
