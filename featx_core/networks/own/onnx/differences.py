"""Where OpenVINO gives other values than ONNX says, which the shapes tell; found by `findings/openvino_onnx_*.sh`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.graph import Node, OnnxGraph
from featx_core.networks.own.onnx.layouts import Shape

_ONE_AXIS = range(11, 13)
"""The versions of ONNX whose `Softmax` is over all axes from one on, and which OpenVINO reads as those after them."""


def check_differences(graph: OnnxGraph, shapes: Mapping[str, Shape]) -> None:
    """Refuse a network of which OpenVINO would give other values than ONNX says.

    Args:
        graph: The network.
        shapes: Of its values for one image, by name.

    Raises:
        ModelFileError: The message can follow the name of the file.
    """
    for node in graph.nodes:
        differs, words = _DIFFERENCES.get(node.kind, (None, ""))
        if differs is not None and node.inputs[0] in shapes and differs(node, graph, shapes[node.inputs[0]]):
            raise ModelFileError(words)


def _softmax(node: Node, graph: OnnxGraph, given: Shape) -> bool:
    """Say whether axes follow the first one that the softmax is over."""
    if graph.opset not in _ONE_AXIS:
        return False
    axis = int(node.attributes.get("axis", 1)) % len(given)
    return math.prod(given[axis + 1 :]) > 1


def _prelu(node: Node, graph: OnnxGraph, given: Shape) -> bool:
    """Say whether slopes are those of columns, and as many as there are channels."""
    slopes = graph.tensors.get(node.inputs[1])
    return (
        slopes is not None
        and len(given) > 2
        and slopes.size > 1
        and slopes.dims == given[1:2] == given[-1:]
        and graph.opset > 6
    )


def _upsample(node: Node, graph: OnnxGraph, _given: Shape) -> bool:
    """Say whether the nearest pixel is taken at a scale that is no whole number."""
    held = graph.tensors.get(node.inputs[1]) if len(node.inputs) > 1 else None
    scales = node.attributes.get("scales", ()) if held is None else held.values().tolist()
    return node.attributes.get("mode", b"nearest") == b"nearest" and any(scale % 1 for scale in scales)


def _max_pool(node: Node, _graph: OnnxGraph, given: Shape) -> bool:
    """Say whether a window would begin behind the image, which ONNX leaves out."""
    return any(window.is_left_out for window in _last_windows(node, given))


def _average_pool(node: Node, _graph: OnnxGraph, given: Shape) -> bool:
    """Say whether paddings count and a window reaches beyond them."""
    if not node.attributes.get("count_include_pad", 0) or not any(node.attributes.get("pads", ())):
        return False
    windows = _last_windows(node, given)
    return any(window.end - window.stride * window.is_left_out > window.padded for window in windows)


@dataclass(frozen=True)
class _Window:
    """The last window of a pooling on one axis, counted from the begin of the padded image.

    Attributes:
        begin: Where it begins.
        end: Behind its last pixel.
        image: Where the image ends.
        padded: Where the padding ends.
        stride: Of the pooling.
    """

    begin: int
    end: int
    image: int
    padded: int
    stride: int

    @property
    def is_left_out(self) -> bool:
        """Whether it holds nothing of the image."""
        return self.begin >= self.image


def _last_windows(node: Node, given: Shape) -> list[_Window]:
    """Return the last windows by axis; none where windows do not go beyond the image."""
    kernel = node.attributes.get("kernel_shape", ())
    if not node.attributes.get("ceil_mode", 0) or len(given) != len(kernel) + 2:
        return []
    n_axes = len(kernel)
    strides, dilations, pads = (
        node.attributes.get(name, (value,) * number)
        for name, value, number in (("strides", 1, n_axes), ("dilations", 1, n_axes), ("pads", 0, 2 * n_axes))
    )
    found = []
    for axis, side in enumerate(given[2:]):
        extent = (kernel[axis] - 1) * dilations[axis] + 1
        image = side + pads[axis]
        padded = image + pads[axis + n_axes]
        begin = math.ceil((padded - extent) / strides[axis]) * strides[axis]
        found.append(_Window(begin, begin + extent, image, padded, strides[axis]))
    return found


_CEIL = (
    "uses `{kind}` with `ceil_mode` where a window reaches beyond the {what}, which OpenVINO computes in another way than "
    "ONNX says. Choose another size of images, or export that layer without `ceil_mode`."
)
_Differs = Callable[[Node, OnnxGraph, Shape], bool]
_DIFFERENCES: Mapping[str, tuple[_Differs, str]] = MappingProxyType(
    {
        "Softmax": (
            _softmax,
            "uses `Softmax` over several axes at once, as it is before version 13 of ONNX; OpenVINO takes the first of them "
            "alone. Export the model with `opset_version=13` or later.",
        ),
        "PRelu": (
            _prelu,
            "uses `PRelu` with a slope for each column, which OpenVINO takes for one for each channel. Export the slopes "
            "with all axes, such as (1, 1, 8).",
        ),
        "Upsample": (
            _upsample,
            "uses `Upsample` by a scale that is no whole number, which OpenVINO rounds in another way than others do. Export "
            "the model with `opset_version=13` or later.",
        ),
        "MaxPool": (_max_pool, _CEIL.format(kind="MaxPool", what="image")),
        "AveragePool": (_average_pool, _CEIL.format(kind="AveragePool", what="padding")),
    }
)
