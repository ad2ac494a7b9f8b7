"""What makes two images similar: worked out by hand, and cells that add up to the cosine."""

import numpy as np
import pytest

from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.similarity import cell_contributions, explain_similarity
from tests.toys.heatmap_toys import ToyExtractor, dense, pointwise, sequential

keras = pytest.importorskip("keras")

MIX = [[1.0, -1.0], [0.5, 1.0], [0.0, 2.0]]  # RGB to two channels


def cosine(one, other):
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_four_cells_by_hand():
    activations = np.array([[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 0.0]]])  # the mean over cells is (1, 1)
    found = cell_contributions(activations, np.array([1.0, 1.0]), np.array([3.0, 4.0]))
    # cosine = 7 / (sqrt(2) 5); each cell gives a · (3, 4) / (4 sqrt(2) 5)
    np.testing.assert_allclose(found, np.array([[9.0, 16.0], [3.0, 0.0]]) / (20 * np.sqrt(2)))
    assert found.sum() == pytest.approx(7 / (5 * np.sqrt(2)))


def test_flat_features_are_compared_cell_by_cell():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 3, 4, 5))
    found = cell_contributions(one, one.ravel(), other.ravel())
    assert found.sum() == pytest.approx(cosine(one.ravel(), other.ravel()))
    assert found[1, 2] == pytest.approx(one[1, 2] @ other[1, 2] / np.linalg.norm(one) / np.linalg.norm(other))


def test_through_a_network_the_places_of_both_add_up_to_the_cosine():
    one, other = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), np.uint8)
    one[:4], one[4:] = (255, 40, 0), (0, 0, 10)  # only the upper half gives the first channel
    other[:] = (250, 60, 0)
    extractor = ToyExtractor(sequential(pointwise(MIX, activation="relu")))
    features = [np.maximum(image / 255 @ np.array(MIX), 0).mean(axis=(0, 1)) for image in (one, other)]
    exact = cosine(*features)
    for image, against in ((one, other), (other, one)):
        heatmap = explain_similarity(image, against, extractor, name="it")
        assert (heatmap.grid * heatmap.high).sum() == pytest.approx(exact, abs=1e-5)
        assert heatmap.title == f"Parts of the similarity to it, cosine {exact:.2f}"
    above = explain_similarity(one, other, extractor)
    np.testing.assert_allclose(above.grid[:4], 1, atol=1e-5)
    assert above.grid[4:].max() < 0.05
    assert above.note == ""


def test_what_makes_them_less_similar_is_counted_and_not_drawn():
    one = np.zeros((8, 8, 3), np.uint8)
    one[:4], one[4:] = (255, 0, 0), (0, 0, 200)
    other = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    heatmap = explain_similarity(one, other, ToyExtractor(sequential(pointwise(MIX))))
    assert heatmap.grid[4:].max() == 0
    assert "less similar" in heatmap.note


def test_features_that_are_no_mean_over_places_are_refused():
    layers = pointwise(MIX), keras.layers.GlobalAveragePooling2D(), dense([[1.0, 2.0], [0.0, 3.0]], activation="tanh")
    one, other = np.random.default_rng(2).integers(0, 256, (2, 8, 8, 3), np.uint8)
    with pytest.raises(HeatmapError, match="not the mean over the places of a layer"):
        explain_similarity(one, other, ToyExtractor(sequential(*layers)))


@pytest.mark.parametrize("features", [np.zeros(2), np.array([np.inf, 1.0])])
def test_features_of_no_direction_are_refused(features):
    with pytest.raises(HeatmapError, match="all 0 or not finite"):
        cell_contributions(np.ones((2, 2, 2)), np.ones(2), features)
