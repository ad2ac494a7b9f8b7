"""The patterns of a first convolution, as numbers and as an image."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.kernels import GAP, Kernels, first_kernels
from featx_core.methods import registry as methods

CONV = fx.layer("Conv2D", filters=5, kernel_size=(3, 2))


def kernels_of(*rows, **fields):
    return first_kernels(methods.build(fx.CustomSequential(rows, image_size=(16, 16), **fields)))


def test_the_patterns_are_the_kernel_of_the_first_convolution():
    extractor = methods.build(fx.CustomSequential((CONV, fx.layer("Conv2D")), image_size=(16, 16)))
    kernel = extractor.network.layers[1].get_weights()[0]
    found = first_kernels(extractor)
    assert found.layer == "conv2d"
    assert found.values.shape == (5, 3, 2, 3)
    for number in range(5):
        np.testing.assert_array_equal(found.values[number], kernel[..., number])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "fields", "shape"),
    [
        ((CONV,), {"color": "grey"}, (5, 3, 2, 1)),
        ((fx.layer("BatchNormalization"), fx.layer("AveragePooling2D"), CONV), {}, (5, 3, 2, 3)),
        ((fx.layer("DepthwiseConv2D", depth_multiplier=2),), {}, (6, 3, 3, 1)),
        ((fx.layer("SeparableConv2D", filters=9),), {}, (3, 3, 3, 1)),
    ],
)
def test_patterns_of_every_kind(rows, fields, shape):
    assert kernels_of(*rows, **fields).values.shape == shape


def test_a_depthwise_layer_gives_one_pattern_for_each_channel():
    extractor = methods.build(
        fx.CustomSequential((fx.layer("DepthwiseConv2D", depth_multiplier=2),), image_size=(16, 16))
    )
    kernel = extractor.network.layers[1].get_weights()[0]
    np.testing.assert_array_equal(first_kernels(extractor).values[3, ..., 0], kernel[:, :, 1, 1])


@pytest.mark.parametrize("rows", [(fx.layer("Dense", units=4), CONV), (fx.layer("Flatten"),)])
def test_a_network_without_such_patterns_says_so(rows):
    with pytest.raises(ValueError, match="No convolution of this network is applied to the image itself"):
        kernels_of(*rows)


def test_the_picture_worked_out_by_hand():
    values = np.zeros((2, 1, 1, 3), np.float32)
    values[0, 0, 0] = [-2, 0, 1]
    picture = Kernels(values, "conv2d").picture()
    assert picture.shape == (44, 44 + GAP + 44, 4)
    assert picture[0, 0].tolist() == [0, 128, 191, 255]
    assert picture[0, 45].tolist() == [0, 0, 0, 0]
    assert picture[0, 60].tolist() == [128, 128, 128, 255]  # a pattern of zeros


def test_grey_patterns_and_captions():
    few = Kernels(np.ones((3, 5, 5, 1), np.float32), "conv2d")
    assert np.unique(few.picture()).tolist() == [0, 255]
    assert "all 3 patterns of 5 x 5, brighter where the weight is positive" in few.caption
    many = Kernels(np.ones((70, 5, 5, 3), np.float32), "conv2d")
    assert "the first 64 of 70 patterns of 5 x 5, in colour" in many.caption
    assert many.picture().shape == (4 * 45 + 3 * GAP, 16 * 45 + 15 * GAP, 4)


def test_there_and_back_as_bytes():
    kernels = Kernels(np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3), "conv2d")
    again = Kernels.from_bytes(kernels.to_bytes())
    np.testing.assert_array_equal(again.values, kernels.values)
    assert again.layer == "conv2d"
    with pytest.raises(ValueError, match="must be what"):
        Kernels.from_bytes(b"else")
