"""Steps of ONNX that OpenVINO computes in another way: refused; those beside them give what ONNX says, by hand."""

import math

import numpy as np
import pytest

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.files import put_together
from featx_core.networks.own.onnx.network import OnnxNetwork
from tests.toys.files.onnx_files import constant, model, node

SIZE = (9, 10)


def network(kind, constants=(), *, opset=18, size=SIZE, **settings):
    """A network of one step; its images have three channels."""
    inputs = " ".join(["x", *(each.name for each in constants)])
    made = model([node(kind, inputs, "y", **settings)], list(constants), (1, 3, *size))
    made.opset_import[0].version = opset
    return OnnxNetwork(put_together(made.SerializeToString()), size)


def pooled(images, kernel, stride, before, after, *, largest, counts_padding):
    """Pool squares as ONNX says with `ceil_mode`: windows that begin behind the image are left out."""

    def n_windows(side):
        number = math.ceil((side + before + after - kernel) / stride) + 1
        return number - ((number - 1) * stride >= side + before)

    n, height, width, channels = images.shape
    found = np.empty((n, n_windows(height), n_windows(width), channels))
    for row, column in np.ndindex(*found.shape[1:3]):
        rows, columns = (range(at * stride - before, at * stride - before + kernel) for at in (row, column))
        window = [images[:, i, j] for i in rows for j in columns if 0 <= i < height and 0 <= j < width]
        counted = sum(i < height + after and j < width + after for i in rows for j in columns)
        found[:, row, column] = (
            np.max(window, 0) if largest else np.sum(window, 0) / (counted if counts_padding else len(window))
        )
    return found


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("counts_padding", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "before", "after"), [(3, 2, 0, 0), (2, 2, 0, 0), (3, 2, 1, 1), (2, 2, 1, 1), (2, 3, 0, 0)]
)
def test_poolings_that_are_rounded_up_give_what_onnx_says_or_are_refused(
    kernel, stride, before, after, largest, counts_padding
):
    kind = "MaxPool" if largest else "AveragePool"
    settings = {
        "kernel_shape": [kernel] * 2,
        "strides": [stride] * 2,
        "pads": [before] * 2 + [after] * 2,
        "ceil_mode": 1,
    }
    if not largest and counts_padding:
        settings["count_include_pad"] = 1
    if (largest and (kernel, stride) in {(2, 2), (2, 3)} and (before or stride == 3)) or (
        not largest and counts_padding and (kernel, before) == (3, 1)
    ):
        with pytest.raises(ModelFileError, match=f"^uses `{kind}` with `ceil_mode` where a window"):
            network(kind, **settings)
        return
    images = np.random.default_rng(0).normal(size=(2, *SIZE, 3)).astype(np.float32)
    expected = pooled(images, kernel, stride, before, after, largest=largest, counts_padding=counts_padding)
    np.testing.assert_allclose(network(kind, **settings).engine(0)(images), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("opset", "axis", "size"), [(11, 3, SIZE), (12, 1, (1, 1)), (13, 1, SIZE), (10, 1, SIZE)])
def test_a_softmax_is_over_what_its_version_says(opset, axis, size):
    images = np.random.default_rng(1).normal(size=(2, *size, 3)).astype(np.float32)
    powers = np.exp(images.transpose(0, 3, 1, 2))
    axes = axis if opset >= 13 else tuple(range(axis, 4))
    expected = (powers / powers.sum(axes, keepdims=True)).transpose(0, 2, 3, 1)
    found = network("Softmax", opset=opset, axis=axis, size=size).engine(0)(images)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("uses `Softmax` over several axes at once", lambda: network("Softmax", opset=11)),
        ("uses `Softmax` over several axes at once", lambda: network("Softmax", opset=12, axis=-2)),
        (
            "uses `PRelu` with a slope for each column",
            lambda: network("PRelu", [constant("s", [1, 2, 3])], size=(4, 3)),
        ),
        ("scale that is no whole number", lambda: network("Upsample", [constant("s", [1, 1, 2, 2.2])], opset=9)),
    ],
)
def test_steps_that_openvino_reads_in_another_way_are_refused(words, made):
    with pytest.raises(ModelFileError, match=words):
        made()


def test_slopes_of_columns_and_of_channels_are_told_apart():
    images = -np.ones((1, 4, 3, 3), np.float32)
    by_channel = network("PRelu", [constant("s", [[[1]], [[2]], [[3]]])], size=(4, 3))
    np.testing.assert_array_equal(by_channel.engine(0)(images)[0, 0, 0], [-1, -2, -3])
    by_column = network("PRelu", [constant("s", [1, 2, 3, 4])], size=(5, 4))
    np.testing.assert_array_equal(by_column.engine(0)(-np.ones((1, 5, 4, 3), np.float32))[0, 0, :, 0], [-1, -2, -3, -4])
