"""What a chain does to a few rows: the numbers and images that the form shows."""

import numpy as np
import pytest

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression
from featx_core.expressions.tracing import BAR_COLOR, TILE_SIDE, pairs, tile, trace
from featx_core.figures.expressions import curve_figure, spread_figure


def test_each_step_is_told_by_its_numbers():
    stages = trace([Expression("x - 2"), Expression("1 / x"), Expression("sum(x)")], np.array([[1.0, 2.0, 6.0]]))
    assert [stage.values.tolist() for stage in stages[:2]] == [[[1, 2, 6]], [[-1, 0, 4]]]
    assert (stages[0].low, stages[0].high, stages[0].mean) == (1, 6, 3)
    assert (stages[2].low, stages[2].high, stages[2].mean) == (-1, 0.25, -0.375)
    assert stages[2].share_not_finite == pytest.approx(1 / 3)
    assert np.isnan(stages[3].low)
    assert stages[3].share_not_finite == 1


def test_what_does_not_fit_is_named():
    with pytest.raises(ExpressionError, match="`sobel` needs an image"):
        trace([Expression("flatten(x)"), Expression("sobel(x)")], np.zeros((1, 4, 4, 3)))


def test_pairs_belong_together_and_are_finite():
    before = np.linspace(-1, 1, 4001, dtype=np.float32)
    left, right = pairs(before, Expression("1 / x").apply(before[np.newaxis])[0], 500)
    assert len(left) <= 500
    assert (np.diff(left) > 0).all()
    np.testing.assert_allclose(right, 1 / left, rtol=1e-6)
    assert np.array_equal(left, pairs(before, before, 500)[0][np.isin(pairs(before, before, 500)[0], left)])
    zero = np.zeros(3, np.float32)
    assert pairs(zero, np.float32([np.inf, np.nan, 5]), 10)[1].tolist() == [5]


def test_pairs_need_equal_shapes():
    with pytest.raises(ValueError, match=r"`after` must have the shape of `before`, \(2,\)\. Received: \(3,\)"):
        pairs(np.zeros(2), np.zeros(3), 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[[0.0], [5.0]]], [[[0, 0, 0], [255, 255, 255]]]),
        ([[[0.0, 1.0, 0.5], [0.0, 0.0, 0.0]]], [[[0, 255, 128], [0, 0, 0]]]),
        ([[[0.0, 2.0], [4.0, 6.0]]], [[[0, 0, 0], [255, 255, 255]]]),
        ([[[7.0]]], [[[128, 128, 128]]]),
        ([[[np.nan], [1.0], [2.0]]], [[[0, 0, 0], [0, 0, 0], [255, 255, 255]]]),
        ([[[np.inf]]], [[[0, 0, 0]]]),
    ],
)
def test_a_map_is_drawn_from_its_smallest_value_to_its_largest(values, expected):
    drawn = tile(np.array(values, np.float32))
    assert drawn.dtype == np.uint8
    assert drawn.tolist() == expected


@pytest.mark.parametrize("values", [[1.0, 0.0, -1.0, 0.5], np.zeros(3), [np.nan, 1.0], np.arange(1000.0), [np.nan]])
def test_a_vector_is_drawn_as_bars(values):
    drawn = tile(np.array(values, np.float32))
    assert drawn.shape == (TILE_SIDE, TILE_SIDE, 4)
    assert {tuple(color) for color in drawn.reshape(-1, 4).tolist()} <= {(*BAR_COLOR, 255), (0, 0, 0, 0)}


def test_bars_are_as_high_as_their_values():
    heights = (tile(np.array([1.0, 0.5, 0.25, 0.0], np.float32))[..., 3] > 0).sum(axis=0)
    assert heights[20] == TILE_SIDE
    assert heights[60] == pytest.approx(TILE_SIDE / 2, abs=1)
    assert heights[100] == pytest.approx(TILE_SIDE / 4, abs=1)
    assert heights[140] == 1


def test_the_curve_has_a_dot_for_each_number():
    figure = curve_figure(np.array([0.0, 1.0]), np.array([0.0, 3.0]))
    (trace_,) = figure.data
    assert (list(trace_.x), list(trace_.y)) == ([0, 1], [0, 3])


def test_the_spread_counts_what_is_finite():
    figure = spread_figure(np.array([0.0, 1.0, np.nan]), np.zeros((2, 2)), dark=True)
    assert [int(sum(bars.y)) for bars in figure.data] == [2, 4]
    assert [bars.xaxis for bars in figure.data] == ["x", "x2"]


def test_nothing_finite_draws_empty_axes():
    assert sum(spread_figure(np.array([np.nan]), np.array([np.inf])).data[0].y) == 0
