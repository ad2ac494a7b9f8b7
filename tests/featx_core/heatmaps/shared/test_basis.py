"""Shared colours of cells, against principal components worked out by hand and by a singular value decomposition."""

import numpy as np
import pytest

from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.shared.basis import color_cells


def by_decomposition(activations):
    """Components by a singular value decomposition, largest loading positive, from the 1st to the 99th percentile."""
    rows = activations.reshape(-1, activations.shape[-1]).astype(np.float64)
    centered = rows - rows.mean(axis=0)
    directions = np.linalg.svd(centered, full_matrices=False)[2][:3]
    directions *= np.sign(directions[np.arange(3), np.abs(directions).argmax(axis=1)])[:, None]
    scores = centered @ directions.T
    low, high = np.percentile(scores, (1, 99), axis=0)
    shares = (scores**2).sum(axis=0) / (centered**2).sum()
    return np.clip((scores - low) / (high - low), 0, 1).reshape(*activations.shape[:3], 3), shares


@pytest.mark.parametrize("n_channels", [5, 200])
def test_against_a_singular_value_decomposition(n_channels):
    scales = 0.9 ** np.arange(n_channels)
    activations = np.random.default_rng(0).normal(size=(3, 4, 5, n_channels)) * scales + 7
    kept = activations.copy()
    found = color_cells(activations)
    colors, shares = by_decomposition(activations)
    np.testing.assert_allclose(found.colors, colors, atol=1e-6)
    np.testing.assert_allclose(found.shares, shares, atol=1e-9)
    assert found.is_shown.all()
    np.testing.assert_array_equal(activations, kept)


def test_by_hand():
    """Along one axis only: 0 and 4 are the ends, 1 lies at a quarter. There are no other components."""
    activations = np.array([[0.0, 1.0], [4.0, 0.0]])[None, :, :, None] * np.array([3.0, 4.0])
    found = color_cells(np.repeat(activations, 30, axis=0))
    np.testing.assert_allclose(found.colors[0, ..., 0], [[0, 0.25], [1, 0]], atol=1e-6)
    np.testing.assert_array_equal(found.colors[..., 1:], 0.5)
    assert found.shares == pytest.approx((1.0,))


def test_a_part_has_its_colour_in_each_image():
    parts = np.random.default_rng(1).normal(size=(4, 8))
    where = np.array([[[0, 1], [2, 3]], [[3, 2], [1, 1]], [[0, 0], [0, 2]]])
    colors = color_cells(parts[where]).colors
    for part in range(4):
        assert len(np.unique(colors[where == part], axis=0)) == 1
    assert len(np.unique(colors.reshape(-1, 3), axis=0)) == 4


def test_one_side_of_the_first_component_is_hidden_and_the_rest_has_its_own_components():
    rng = np.random.default_rng(2)
    activations = rng.normal(size=(2, 4, 4, 6))
    subject = np.zeros((2, 4, 4), bool)
    subject[:, 1:3, 1:3] = True
    activations[subject] += [50, 0, 0, 0, 0, 0]
    low, high = (color_cells(activations, hide=side) for side in ("low", "high"))
    np.testing.assert_array_equal(low.is_shown, subject)
    np.testing.assert_array_equal(high.is_shown, ~subject)
    alone, shares = by_decomposition(activations[subject].reshape(2, 2, 2, 6))
    np.testing.assert_allclose(low.colors[subject], alone.reshape(-1, 3), atol=1e-6)
    np.testing.assert_allclose(low.shares, shares, atol=1e-9)


def test_cells_in_the_borders_do_not_count():
    rng = np.random.default_rng(3)
    activations = rng.normal(size=(2, 4, 4, 6))
    inside = np.ones((2, 4, 4), bool)
    inside[:, :, 3] = False
    with_borders = np.where(inside[..., None], activations, 1000.0)
    found = color_cells(with_borders, is_inside=inside)
    np.testing.assert_allclose(found.colors[:, :, :3], by_decomposition(activations[:, :, :3])[0], atol=1e-6)


def test_places_that_are_all_alike_are_grey():
    found = color_cells(np.ones((2, 3, 3, 4)), hide="low")
    assert (found.shares, found.is_shown.all()) == ((), True)
    np.testing.assert_array_equal(found.colors, 0.5)


def test_what_cannot_be_coloured_is_said():
    with pytest.raises(HeatmapError, match="not finite"):
        color_cells(np.full((1, 2, 2, 3), np.nan))
    with pytest.raises(HeatmapError, match="in the borders"):
        color_cells(np.ones((1, 2, 2, 3)), is_inside=np.zeros((1, 2, 2), bool))
    with pytest.raises(ValueError, match=r"`hide` must be one of nothing, low, high. Received: 'all'"):
        color_cells(np.ones((1, 2, 2, 3)), hide="all")
