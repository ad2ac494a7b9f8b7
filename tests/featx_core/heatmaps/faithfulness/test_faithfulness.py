"""A map that is right by construction beats chance, and one that is upside down loses."""

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.heatmaps.faithfulness import faithfulness as module
from featx_core.heatmaps.faithfulness.curves import SHARES, STEPS, Walks, area, order_of
from featx_core.heatmaps.faithfulness.faithfulness import (
    CENTRE,
    RANDOM,
    Faithfulness,
    central_map,
    measure_faithfulness,
)
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget
from tests.toys.heatmap_toys import ToyExtractor, dense, pointwise, sequential

keras = pytest.importorskip("keras")

WHITE = [[1 / 3], [1 / 3], [1 / 3]]


@pytest.fixture
def image():
    """A dark image with a fifth of its pixels white, in columns, which a blur turns grey."""
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:8, ::2] = 255
    return pixels


@pytest.fixture
def extractor():
    """One feature: how much of the image is nearly white."""
    return ToyExtractor(sequential(pointwise(WHITE, [-0.9], activation="relu"), shape=(20, 20, 3)))


def white_share(images):
    return (images.min(axis=(-1)) > 250).mean(axis=(1, 2))


def test_deletion_and_insertion_of_the_right_order_are_lines_that_are_known(image):
    order = order_of(image[..., 0].astype(float))
    left = np.maximum(0.2 - SHARES, 0)
    hidden, shown = Walks(image, white_share).curves(order)
    np.testing.assert_allclose(hidden, left)
    assert shown[0] == 0  # blurred
    np.testing.assert_allclose(shown, np.minimum(SHARES, 0.2))
    assert area(left) == pytest.approx(0.02, abs=1e-9)


def test_what_all_orders_share_is_scored_once_and_both_ways_in_one_pass(image):
    passes = []

    def score(images):
        passes.append(len(images))
        return white_share(images)

    walks = Walks(image, score)
    for seed in range(3):
        walks.curves(order_of(np.zeros(image.shape[:2]), seed))
    assert passes == [3, *[2 * (STEPS - 1)] * 3]


def test_equal_values_come_in_random_order_and_all_pixels_once():
    order = order_of(np.zeros((4, 5)), seed=1)
    assert sorted(order) == list(range(20)) != list(order)
    assert list(order_of(np.array([[1.0, 3.0], [0.0, 2.0]]))) == [1, 3, 0, 2]


def test_a_right_map_beats_random_and_an_inverted_one_loses(image, extractor, monkeypatch):
    right = measure_faithfulness([image], extractor, ["grad_cam"], target=FeatureTarget(0))
    assert right.names == ("grad_cam", RANDOM, CENTRE)
    hidden, shown = (areas[:, 0] for areas in right.areas)
    assert hidden[0] < 0.15 < hidden[1]
    assert hidden[0] < hidden[2]
    assert shown[0] > 0.85 > shown[1]
    assert right.beats("grad_cam", RANDOM) == right.beats("grad_cam", CENTRE) == (1, 1)

    real = module.explain_many

    def inverted(*arguments, **options):
        found = real(*arguments, **options)
        for heatmap in found["grad_cam"]:
            object.__setattr__(heatmap, "grid", 1 - heatmap.grid)
        return found

    monkeypatch.setattr(module, "explain_many", inverted)
    wrong = measure_faithfulness([image], extractor, ["grad_cam"], target=FeatureTarget(0))
    assert wrong.beats("grad_cam", RANDOM) == (0, 0)
    assert [areas[0, 0] for areas in wrong.areas] == pytest.approx([0.9, 0.1], abs=0.03)


def test_curves_start_and_end_at_what_the_image_and_its_empty_versions_give(image, extractor):
    found = measure_faithfulness([image, image[::-1]], extractor, ["eigen_cam", "occlusion"], target=FeatureTarget(0))
    assert found.deletion.shape == found.insertion.shape == (4, 2, len(SHARES))
    np.testing.assert_allclose(found.deletion[..., 0], 1, atol=1e-6)  # of one feature, as shares of the whole
    np.testing.assert_allclose(found.deletion[..., -1], 0, atol=1e-6)
    np.testing.assert_allclose(found.insertion[..., -1], 1, atol=1e-6)
    assert found.explains == "feature 0"
    assert found.n_images == 2


def test_the_central_map_is_highest_in_the_middle_and_falls_to_the_corners():
    values = central_map((5, 9))
    assert np.unravel_index(values.argmax(), values.shape) == (2, 4)
    assert values.min() == values[0, 0] == values[4, 8]


def test_classes_are_followed_by_their_probability(image):
    head = dense([[40.0, 0.0]], [-0.3, 0.0], activation="softmax")
    layers = pointwise(WHITE, [-0.9], activation="relu"), keras.layers.GlobalAveragePooling2D(), head
    extractor = ToyExtractor(sequential(*layers, shape=(20, 20, 3)), classes=("white", "none"))
    found = measure_faithfulness([image, image], extractor, ["grad_cam"], target=ClassTarget())
    assert found.explains == "white"
    np.testing.assert_allclose(found.deletion[:, :, 0], 1 / (1 + np.exp(0.3 - 40 * 0.02)), atol=1e-4)
    np.testing.assert_allclose(found.deletion[:, :, -1], 1 / (1 + np.exp(0.3)), atol=1e-4)


def test_a_feature_that_is_not_there_is_refused(extractor):
    with pytest.raises(HeatmapError, match=r"on which the target is positive\. Received: 0 for feature 0"):
        measure_faithfulness([np.zeros((20, 20, 3), np.uint8)], extractor, ["eigen_cam"], target=FeatureTarget(0))


def test_without_images_or_names_there_is_nothing_to_measure(extractor, image):
    for images, names in (([], ["grad_cam"]), ([image], [])):
        with pytest.raises(ValueError, match="at least one each"):
            measure_faithfulness(images, extractor, names)


def test_progress_counts_maps_and_can_cancel(extractor, image):
    told = []

    def stop(done, total):
        told.append((done, total))
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure_faithfulness([image], extractor, ["eigen_cam"], on_progress=stop)
    assert told[0] == (0, 5)
    assert told[-1] == (3, 5)


def test_what_is_something_else_is_not_read():
    with pytest.raises(ValueError, match="must be what `Faithfulness"):
        Faithfulness.from_bytes(b"else")
