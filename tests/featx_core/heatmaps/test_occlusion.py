"""Occlusion on scores that are known by hand, and through real Keras networks."""

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.heatmaps.explain import explain, explain_many
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.occlusion import CELLS, occlusion
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget, OwnFeaturesTarget, SimilarityTarget
from tests.toys.heatmap_toys import ToyExtractor, dense, pointwise, sequential

keras = pytest.importorskip("keras")

RED = [[1.0], [0.0], [0.0]]


def spot(row, column, *, side=56):
    """A grey image with a white patch of one cell."""
    image = np.full((side, side, 3), 100, np.uint8)
    step = side // CELLS
    image[row * step : (row + 1) * step, column * step : (column + 1) * step] = 255
    return image


def brightest(images):
    return images.reshape(len(images), -1).max(axis=1).astype(float)


def test_only_squares_that_cover_the_spot_lower_a_score_that_is_made_of_it():
    image = spot(3, 9)
    drops = occlusion(image, lambda images: images.reshape(len(images), -1).mean(axis=1))
    assert drops.shape == (CELLS, CELLS)
    expected = np.zeros((CELLS, CELLS))
    expected[2:5, 8:11] = [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]  # the share of it that is covered
    np.testing.assert_allclose(drops / drops.max(), expected, atol=0.03)  # but for the patch in the mean colour


def test_a_spot_that_is_there_twice_is_missed_as_the_caption_says():
    image = np.maximum(spot(3, 9), spot(10, 2))
    assert not occlusion(image, brightest).any()
    assert occlusion(spot(3, 9), brightest)[3, 9] > 100


def test_what_raises_the_score_when_hidden_is_zero_and_the_image_stays_as_it_is():
    image, score = spot(3, 9), lambda images: -brightest(images)
    before = image.copy()
    assert not occlusion(image, score).any()
    np.testing.assert_array_equal(image, before)


def test_an_image_of_few_pixels_has_a_cell_each():
    assert occlusion(np.zeros((5, 20, 3), np.uint8), brightest).shape == (5, CELLS)


@pytest.mark.parametrize(
    ("target", "title"),
    [
        (OwnFeaturesTarget(), "occlusion for this image's own features"),
        (FeatureTarget(0), "occlusion for feature 0"),
        (SimilarityTarget(spot(3, 9), "a.png"), "occlusion for similarity to a.png"),
    ],
)
def test_a_network_that_sees_bright_red_is_explained_by_the_spot(target, title):
    network = sequential(
        pointwise([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]], [-0.5, 0.0], activation="relu"), shape=(56, 56, 3)
    )
    image = spot(3, 9)
    image[..., 1] = 128
    heatmap = explain(image, ToyExtractor(network), "occlusion", target=target)
    assert np.unravel_index(heatmap.grid.argmax(), heatmap.grid.shape) == (3, 9)
    assert heatmap.grid.sum() < 6
    assert heatmap.title == title


def test_the_class_is_the_one_of_the_whole_image_and_its_probability_is_followed():
    head = dense([[9.0, -9.0]], [-0.3, 0.3], activation="softmax")
    layers = pointwise(RED, [-0.5], activation="relu"), keras.layers.GlobalMaxPooling2D(), head
    extractor = ToyExtractor(sequential(*layers, shape=(56, 56, 3)), classes=("bright", "dark"))
    heatmap = explain(spot(3, 9), extractor, "occlusion", target=ClassTarget())
    assert heatmap.title.startswith("occlusion for bright, ")
    # Of one cell nothing is left: logits -0.3 and 0.3 in place of 4.2 and -4.2.
    expected = 1 / (1 + np.exp(-8.4)) - 1 / (1 + np.exp(0.6))
    assert heatmap.high == pytest.approx(expected, abs=1e-3)
    with pytest.raises(HeatmapError, match="no class 2"):
        explain(spot(3, 9), extractor, "occlusion", target=ClassTarget(2))


def test_a_network_without_maps_has_occlusion_all_the_same():
    layers = keras.layers.Flatten(), dense(np.eye(48)[:, :1])
    heatmap = explain(spot(0, 0, side=14)[:4, :4], ToyExtractor(sequential(*layers, shape=(4, 4, 3))), "occlusion")
    assert np.argwhere(heatmap.grid).max() <= 1
    assert heatmap.layer == "the whole network"


def test_it_can_be_cancelled_between_passes():
    extractor, told = ToyExtractor(sequential(pointwise(RED), shape=(56, 56, 3))), []

    def stop(done, total):
        told.append((done, total))
        if len(told) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain_many([spot(3, 9)] * 2, extractor, ["occlusion"], on_progress=stop)
    assert told == [(0, 2)] * 3
