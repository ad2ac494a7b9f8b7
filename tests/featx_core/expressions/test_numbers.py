"""Operations on numbers over the whole range of float32, against float64."""

import numpy as np
import pytest

from featx_core.expressions.backends import NUMPY, keras_backend
from featx_core.expressions.expression import Expression

EDGES = np.array([1e-45, 1e-38, 1e-20, 1e-3, 1, 10, 50, 88, 89, 103, 104, 200, 1e5, 1e20, 3.4e38])
WHOLE_RANGE = np.concatenate([-EDGES[::-1], [0], EDGES]).astype(np.float32)[np.newaxis]
OUTSIDE_OF_SQUARES = [1e-25, 1e-18, 1e18, 1e25, 2e38]
"""Sizes of numbers whose squares, or whose sums, float32 does not hold."""

EXACT = {
    "sigmoid(x)": lambda x: np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x))),
    "tanh(x)": np.tanh,
    "relu(x)": lambda x: np.maximum(x, 0),
    "softmax(x)": lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
}
SCALED = {
    "mean(x)": np.mean,
    "sum(x)": np.sum,
    "std(x)": np.std,
    "norm(x)": np.linalg.norm,
    "standardize(x)": lambda x: (x - x.mean()) / x.std(),
    "normalize(x)": lambda x: x / np.linalg.norm(x),
    "rescale(x)": lambda x: (x - x.min()) / np.ptp(x),
}


def computed(text, rows, backend=NUMPY):
    """Compute with warnings as errors."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return np.asarray(Expression(text).compute(backend, rows))


@pytest.mark.parametrize("text", EXACT)
def test_the_whole_range_of_float32_has_the_values_of_float64(text):
    expected = EXACT[text](WHOLE_RANGE.astype(np.float64))
    np.testing.assert_allclose(computed(text, WHOLE_RANGE), expected, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(computed(text, WHOLE_RANGE, keras_backend()), expected, rtol=1e-5, atol=1e-37)


def test_the_logarithm_of_a_sigmoid_is_exact_far_below_zero():
    rows = np.array([[-80.0, -30.0, -1.0, 3.0]], np.float32)
    expected = -np.log1p(np.exp(-rows.astype(np.float64)))
    np.testing.assert_allclose(computed("log(sigmoid(x))", rows), expected, rtol=1e-6)


def test_a_sigmoid_has_its_slope_at_zero():
    tf = pytest.importorskip("tensorflow")
    zero = tf.constant([[0.0]])
    with tf.GradientTape() as tape:
        tape.watch(zero)
        value = Expression("sigmoid(x)").compute(keras_backend(), zero)
    assert tape.gradient(value, zero).numpy() == 0.25


@pytest.mark.parametrize("size", OUTSIDE_OF_SQUARES)
@pytest.mark.parametrize("text", SCALED)
def test_very_large_and_very_small_rows_give_what_float64_gives(text, size):
    rows = np.array([[1.0, -0.5, 0.25, 0.1, -0.7, 0.9]]).astype(np.float32) * np.float32(size)
    rows = np.concatenate([rows, rows[:, ::-1] / 4])
    expected = np.array([np.atleast_1d(SCALED[text](row)) for row in rows.astype(np.float64)])
    np.testing.assert_allclose(computed(text, rows), expected, rtol=2e-6)
    np.testing.assert_allclose(computed(text, rows, keras_backend()), expected, rtol=2e-6)


def test_ordinary_rows_are_computed_as_they_are():
    rows = np.random.default_rng(0).normal(size=(3, 40)).astype(np.float32)
    assert np.array_equal(computed("mean(x)", rows)[:, 0], rows.mean(axis=1))
    assert np.array_equal(computed("sum(x)", rows)[:, 0], rows.sum(axis=1))
    centered = rows - rows.mean(axis=1, keepdims=True)
    assert np.array_equal(computed("std(x)", rows)[:, 0], np.sqrt((centered * centered).mean(axis=1)))


def test_infinities_stay_what_they_are():
    with np.errstate(all="ignore"):
        result = Expression("mean(x)").apply(np.array([[1.0, np.inf], [np.nan, 1.0], [-np.inf, 1e20]]))
    np.testing.assert_array_equal(result[:, 0], [np.inf, np.nan, -np.inf])
