"""Features as a small image, and what is counted about them."""

import numpy as np
import pytest

from featx_core.extraction.features import dead_share
from featx_core.figures.tensors import tensor_picture
from featx_core.measures.binning import feature_picture


def test_small_features_are_shown_as_they_are():
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    picture = feature_picture(vectors)
    np.testing.assert_array_equal(picture.values, vectors)
    assert (picture.images_a_row, picture.features_a_column) == (1, 1)


def test_large_features_are_block_means():
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    picture = feature_picture(vectors, max_rows=2, max_columns=1)
    np.testing.assert_allclose(picture.values, [[1.5], [5.5]])
    assert (picture.images_a_row, picture.features_a_column) == (2, 2)


def test_values_that_are_not_numbers_are_left_out_of_means():
    vectors = np.array([[1.0, np.nan], [3.0, np.inf]])
    picture = feature_picture(vectors, max_rows=1)
    assert picture.values[0, 0] == 2.0
    assert np.isnan(picture.values[0, 1])


def test_one_extreme_value_does_not_stretch_the_scale():
    vectors = np.random.default_rng(0).uniform(size=(100, 100))
    vectors[0, 0] = 1e6
    assert feature_picture(vectors).high < 1.1


def test_constant_features_have_a_range():
    picture = feature_picture(np.zeros((3, 3)))
    assert picture.high > picture.low


def test_nothing_cannot_be_drawn():
    with pytest.raises(ValueError, match="none of them 0"):
        feature_picture(np.zeros((0, 5)))


def test_dead_features_are_those_that_never_change():
    vectors = np.array([[0, 1, 2, 5], [0, 1, 3, 6]], dtype=float)
    assert dead_share(vectors) == 0.5
    assert dead_share(vectors[:1]) == 0.25
    assert dead_share(np.zeros((0, 4))) == 0.0


def test_a_tensor_is_drawn_from_black_to_white():
    tensor = np.array([[[-100.0, 0.0, 100.0]]])
    assert tensor_picture(tensor).tolist() == [[[0, 128, 255]]]
    assert tensor_picture(np.zeros((2, 2, 3))).max() == 128
