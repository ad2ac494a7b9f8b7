import importlib

import numpy as np
import pytest
from PIL import Image

from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import load_keras
from featx_core.images.preprocessing import PREPROCESSING, describe_input


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)


@pytest.mark.parametrize("key", [key for key, row in BACKBONES.items() if row.origin == "download"])
def test_every_backbone_gets_what_keras_would_give_it(key, images):
    load_keras()
    theirs = importlib.import_module(f"keras.applications.{BACKBONES[key].family}").preprocess_input(
        images.astype(np.float32)
    )
    ours = PREPROCESSING[BACKBONES[key].preprocessing](images)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", PREPROCESSING)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_given_array_is_left_as_it_is(name, dtype, images):
    given = images.astype(dtype)
    result = PREPROCESSING[name](given)
    np.testing.assert_array_equal(given, images)
    assert not np.shares_memory(result, given)


@pytest.mark.parametrize(
    ("name", "red_pixel"),
    [
        ("tf", [1.0, -1.0, -1.0]),
        ("lite", [1.0, -127 / 128, -127 / 128]),
        ("caffe", [-103.939, -116.779, 255 - 123.68]),
        ("torch", [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]),
        ("none", [255.0, 0.0, 0.0]),
        ("unit", [1.0, 0.0, 0.0]),
        ("unit_grey", [0.299]),
    ],
)
def test_a_red_pixel_worked_out_by_hand(name, red_pixel):
    result = PREPROCESSING[name](np.array([[[[255, 0, 0]]]], np.uint8))
    np.testing.assert_allclose(result[0, 0, 0], red_pixel, rtol=1e-5)


def test_channels_are_described_in_the_order_that_the_network_receives():
    fitted = np.zeros((2, 2, 3), np.uint8)
    fitted[..., 2] = [[10, 20], [30, 40]]
    result = describe_input(fitted, PREPROCESSING["caffe"])
    blue = result.channels[0]
    assert [channel.name for channel in result.channels] == ["blue", "green", "red"]
    assert blue.mean == pytest.approx(25 - 103.939, rel=1e-5)
    assert blue.deviation == pytest.approx(np.std([10, 20, 30, 40]), rel=1e-5)
    assert (blue.minimum, blue.maximum) == pytest.approx((10 - 103.939, 40 - 103.939), rel=1e-5)
    assert result.sentence == "BGR, ImageNet mean subtracted (0..255)"
    np.testing.assert_array_equal(result.fitted, fitted)
    assert result.tensor.shape == (2, 2, 3)


def test_grey_is_as_bright_as_pillow_says(images):
    grey = PREPROCESSING["unit_grey"](images)
    assert grey.shape == (2, 5, 4, 1)
    theirs = np.asarray(Image.fromarray(images[0]).convert("L"))
    np.testing.assert_allclose(grey[0, ..., 0] * 255, theirs, atol=0.51)
    described = describe_input(images[0], PREPROCESSING["unit_grey"])
    assert [channel.name for channel in described.channels] == ["grey"]
