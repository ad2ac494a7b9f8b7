"""What the axes of values are, followed through steps by hand."""

import numpy as np
import pytest

from featx_core.networks.own.onnx.graph import FLOAT, Node, OnnxGraph, Tensor, Value
from featx_core.networks.own.onnx.layouts import axes_of_images, layouts_of

MAP = (1, 6, 4, 5)


def followed(*steps, image=MAP):
    """The axes after steps: their kind, the shape after each, and settings."""
    nodes, shapes, before = [], {"x": image}, "x"
    for number, (kind, shape, settings) in enumerate(steps):
        nodes.append(Node(str(number), kind, (before, "c"), (f"v{number}",), settings))
        before = f"v{number}"
        shapes[before] = shape
    constants = {"c": Tensor((1,), 7, np.int64(1).tobytes())}
    graph = OnnxGraph(tuple(nodes), constants, (Value("x", FLOAT, image),), (Value(before, 0, None),), 18, 10, "")
    return layouts_of(graph, shapes)[before]


FLAT = ("Reshape", (1, 6, 20), {})
TURNED = ("Transpose", (1, 20, 6), {"perm": (0, 2, 1)})
WITH_CLASS = ("Concat", (1, 21, 6), {"axis": 1})


@pytest.mark.parametrize(
    ("steps", "axes", "grid"),
    [
        ([("Relu", MAP, {})], "NCHW", None),
        ([("Transpose", (1, 4, 5, 6), {"perm": (0, 2, 3, 1)}), ("MatMul", (1, 4, 5, 9), {})], "NHWC", None),
        ([FLAT], "NCT", (4, 5)),
        ([FLAT, TURNED, WITH_CLASS], "NTC", (4, 5)),
        ([FLAT, TURNED, WITH_CLASS, ("Gather", (1, 6), {"axis": 1})], "NC", (4, 5)),
        ([FLAT, TURNED, ("ReduceMean", (1, 6), {})], "NC", (4, 5)),
        ([FLAT, TURNED, ("Reshape", (1, 4, 5, 6), {})], "NHWC", None),
        ([FLAT, ("Reshape", MAP, {})], "NCHW", None),
        ([FLAT, TURNED, ("Reshape", (20, 6), {}), ("Gemm", (20, 9), {}), ("Reshape", (1, 20, 9), {})], "NTC", (4, 5)),
        ([FLAT, TURNED, ("Reshape", (1, 20, 2, 3), {}), ("Reshape", (1, 20, 6), {})], "NTC", (4, 5)),
        ([FLAT, TURNED, ("Reshape", (2, 20, 3), {})], "", (4, 5)),
        ([("GlobalAveragePool", (1, 6, 1, 1), {}), ("Flatten", (1, 6), {})], "NC", None),
        ([("Relu", (1, 120), {})], "", None),
    ],
)
def test_axes_are_followed(steps, axes, grid):
    found = followed(*steps)
    assert (found.axes, found.grid) == (axes, grid)


def test_channels_of_images_are_second_but_where_they_are_plainly_last():
    assert axes_of_images((1, 3, 32, 32)) == axes_of_images((1, 3, 8, 3)) == "NCHW"
    assert axes_of_images((1, 32, 32, 3)) == axes_of_images((1, 0, 0, 1)) == "NHWC"
