"""What the axes of a network's values are: rows and columns of a map, channels, tokens. ONNX itself does not say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featx_core.networks.own.allowed import names_in
from featx_core.networks.own.onnx.graph import Node, OnnxGraph, Tensor

FIRST, LAST, TOKENS, ROW = "NCHW", "NHWC", "NTC", "NC"
UNKNOWN = ""
MAX_FIRST_TOKENS = 16
"""Class token and registers before the patches."""

Shape = tuple[int, ...]
Sides = tuple[int, int]

_BY_CHANNELS = names_in(
    """
    Conv ConvTranspose MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool BatchNormalization
    InstanceNormalization GroupNormalization LRN DepthToSpace SpaceToDepth
    """
)
"""Operators of which ONNX says that channels come second."""

_RESHAPING = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze"})
_OF_CHANNELS = {4: FIRST, 3: "NCT", 2: ROW}


@dataclass(frozen=True)
class Layout:
    """What the axes of a value are.

    Attributes:
        axes: A letter an axis: N the images, C channels, H and W rows and columns, T tokens. Empty where it is not known.
        grid: Rows and columns of the map that tokens were made of; None where there was none.
    """

    axes: str
    grid: Sides | None = None


_UNKNOWN = Layout(UNKNOWN)


def layouts_of(graph: OnnxGraph, shapes: Mapping[str, Shape]) -> dict[str, Layout]:
    """Tell the axes of the values of a network, from its images on.

    Args:
        graph: With one input of four axes.
        shapes: Of the values for one image.

    Returns:
        For each value that depends on the images; unknown ones have no letters.
    """
    image = graph.inputs[0]
    known = {image.name: Layout(axes_of_images(shapes[image.name]))}
    for node in graph.nodes:
        before = [(known[name], shapes.get(name, ())) for name in node.inputs if name in known]
        if not before:
            continue
        for name in node.outputs:
            if name in shapes:
                known[name] = _layout(node, before, shapes[name], graph.tensors)
    return known


def axes_of_images(shape: Shape) -> str:
    """Return the axes of a network's input: channels second, but where they are plainly last."""
    return LAST if shape[3] in (1, 3) and shape[1] not in (1, 3) else FIRST


def n_first_tokens(layout: Layout, shape: Shape) -> int | None:
    """Return how many tokens lie before the patches; None where tokens are no map with a few before it."""
    if layout.axes != TOKENS or layout.grid is None:
        return None
    n_first = shape[1] - math.prod(layout.grid)
    return n_first if 0 <= n_first <= MAX_FIRST_TOKENS else None


def _layout(node: Node, before: Sequence[tuple[Layout, Shape]], shape: Shape, tensors: Mapping[str, Tensor]) -> Layout:
    """Return the layout of what a step gives, from those of what it takes."""
    layout, given = _leading(before, shape)
    if node.kind in _BY_CHANNELS:
        return Layout(_OF_CHANNELS.get(len(shape), UNKNOWN), layout.grid)
    if node.kind == "Transpose":
        order = node.attributes.get("perm", tuple(reversed(range(len(given)))))
        return _of_letters([layout.axes[axis] for axis in order] if layout.axes else [], layout.grid)
    if node.kind in _RESHAPING:
        found = _reshaped(layout, given, shape)
    elif node.kind in ("Gemm", "MatMul", "Einsum"):
        keeps = layout.axes.endswith("C") and len(before) == 1 and given[:-1] == shape[:-1]
        found = layout if keeps else Layout(ROW) if len(shape) == 2 and shape[0] == 1 else _UNKNOWN
    elif node.kind == "Gather" or node.kind.startswith(("Reduce", "Arg")):
        found = _without(layout, _dropped(node, given, shape, tensors))
    else:
        found = layout if len(layout.axes) == len(shape) else _UNKNOWN
    return found if found.axes else _by_tokens(before, shape)


def _leading(before: Sequence[tuple[Layout, Shape]], shape: Shape) -> tuple[Layout, Shape]:
    """Choose the input that a step's output is most like: of the same shape, else known, else the first."""
    ranked = sorted(before, key=lambda each: (not each[0].axes, each[1] != shape, len(each[1]) != len(shape)))
    return ranked[0]


def _of_letters(letters: list[str], grid: Sides | None) -> Layout:
    return Layout("".join(letters), grid)


def _reshaped(layout: Layout, given: Shape, shape: Shape) -> Layout:
    """Follow axes that are put together, or taken apart again."""
    sides = {letter: side for letter, side in zip(layout.axes, given, strict=False)}
    grid = (sides["H"], sides["W"]) if {"H", "W"} <= set(sides) else layout.grid
    if given == shape:
        return layout
    if len(shape) == 2:  # of one image; else tokens under each other, which may become a row of them again
        return Layout(ROW) if shape[0] == 1 else Layout(UNKNOWN, grid)
    if layout.axes in (FIRST, LAST) and len(shape) == 3 and grid is not None:
        n_places = math.prod(grid)
        axes, expected = (
            ("NCT", (1, sides["C"], n_places)) if layout.axes == FIRST else (TOKENS, (1, n_places, sides["C"]))
        )
        return Layout(axes, grid) if shape == expected else Layout(UNKNOWN, grid)
    if layout.axes in ("NCT", TOKENS) and len(shape) == 4 and layout.grid is not None:
        apart = {"NCT": (1, sides["C"], *layout.grid), TOKENS: (1, *layout.grid, sides["C"])}[layout.axes]
        return Layout(FIRST if layout.axes == "NCT" else LAST) if shape == apart else _UNKNOWN
    return Layout(UNKNOWN, grid)


def _dropped(node: Node, given: Shape, shape: Shape, tensors: Mapping[str, Tensor]) -> tuple[int, ...] | None:
    """Return the axes that a step takes away, none where it keeps all, None where that cannot be told."""
    if len(given) == len(shape):
        return ()
    if node.kind == "Gather":
        return (int(node.attributes.get("axis", 0)) % len(given),) if len(shape) == len(given) - 1 else None
    axes: Any = node.attributes.get("axes", node.attributes.get("axis"))
    if axes is None and len(node.inputs) > 1 and node.inputs[1] in tensors:
        axes = tensors[node.inputs[1]].values().ravel().tolist()
    if axes is None:
        return None
    found = axes if isinstance(axes, list | tuple) else (axes,)
    return tuple(int(axis) % len(given) for axis in found)


def _without(layout: Layout, axes: tuple[int, ...] | None) -> Layout:
    if axes is None or not layout.axes:
        return _UNKNOWN
    letters = [letter for axis, letter in enumerate(layout.axes) if axis not in axes]
    return _of_letters(letters, layout.grid) if letters[:1] == ["N"] else _UNKNOWN


def _by_tokens(before: Sequence[tuple[Layout, Shape]], shape: Shape) -> Layout:
    """Keep the grid of values whose axes are not known: tokens are known again where their number is that of the grid."""
    grid = next((layout.grid for layout, _ in before if layout.grid is not None), None)
    found = Layout(TOKENS, grid)
    is_known = len(shape) == 3 and shape[0] == 1 and n_first_tokens(found, shape) is not None
    return found if is_known else Layout(UNKNOWN, grid)
