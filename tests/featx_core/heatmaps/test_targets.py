import json

import numpy as np
import pytest

from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.targets import (
    TARGETS,
    ClassTarget,
    FeatureTarget,
    OwnFeaturesTarget,
    SimilarityTarget,
    target_from_json,
)

IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
EXAMPLES = [
    OwnFeaturesTarget(),
    ClassTarget(),
    ClassTarget(7),
    ClassTarget(rank=2),
    FeatureTarget(3),
    SimilarityTarget(IMAGE, name="a.png"),
]


@pytest.mark.parametrize("target", EXAMPLES, ids=lambda target: target.to_json()[:40])
def test_json_gives_the_same_target_again(target):
    assert target_from_json(target.to_json(), {getattr(target, "digest", ""): IMAGE}.__getitem__) == target


def test_every_kind_of_target_is_among_the_examples():
    assert {target.kind for target in EXAMPLES} == set(TARGETS)


def test_json_is_canonical_and_different_targets_differ():
    assert FeatureTarget(3).to_json() == '{"index":3,"target":"feature"}'
    assert len({target.to_json() for target in EXAMPLES}) == len(set(EXAMPLES)) == len(EXAMPLES)


def test_a_similarity_is_known_by_the_digest_of_its_image_not_by_its_object():
    assert SimilarityTarget(IMAGE.copy()) == SimilarityTarget(IMAGE)
    assert SimilarityTarget(IMAGE.reshape(3, 2, 3)) != SimilarityTarget(IMAGE)
    assert SimilarityTarget(255 - IMAGE).digest != SimilarityTarget(IMAGE).digest
    assert "image" not in json.loads(SimilarityTarget(IMAGE).to_json())


@pytest.mark.parametrize("target", [FeatureTarget, ClassTarget])
@pytest.mark.parametrize("index", [-1, 1.0, True, "1"])
def test_an_index_is_a_whole_number_from_zero(target, index):
    with pytest.raises(HeatmapError, match=r"must be a whole number from 0. Received:"):
        target(index)


@pytest.mark.parametrize("rank", [0, -1, 1.0, True, "1"])
def test_a_rank_is_a_whole_number_from_one(rank):
    with pytest.raises(HeatmapError, match=r"`rank` of ClassTarget must be a whole number from 1. Received:"):
        ClassTarget(rank=rank)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"target":"nothing"}', '{"target":"feature"}', '{"target":"class","of":1}']
)
def test_other_text_is_refused(text):
    with pytest.raises(HeatmapError, match="A target must be JSON with `target` one of own_features, class,"):
        target_from_json(text)


def test_a_similarity_needs_its_image():
    text = SimilarityTarget(IMAGE).to_json()
    with pytest.raises(HeatmapError, match="needs `find_image`"):
        target_from_json(text)
    with pytest.raises(HeatmapError, match="no longer in this workspace"):
        target_from_json(text, {}.__getitem__)


def test_scores_by_hand():
    pytest.importorskip("tensorflow")
    outputs = np.array([[3.0, -4.0], [0.0, 0.0]], np.float32)
    np.testing.assert_allclose(FeatureTarget(1).score(outputs), [-4, 0])
    np.testing.assert_allclose(ClassTarget().score(outputs), [3, 0])
    np.testing.assert_allclose(ClassTarget(rank=2).score(outputs), [-4, 0])
    np.testing.assert_allclose(ClassTarget(1, rank=2).score(outputs), [-4, 0])
    np.testing.assert_allclose(OwnFeaturesTarget().score(outputs), [(9 + 16) / 4, 0])
    tf = pytest.importorskip("tensorflow")
    cosine = SimilarityTarget(IMAGE).score(tf.constant(outputs), tf.constant([0.0, -2.0]))
    np.testing.assert_allclose(cosine, [0.8, 0], atol=1e-6)


def test_a_similarity_without_the_features_of_the_other_image_is_refused():
    with pytest.raises(ValueError, match="`reference` must hold the features of the other image"):
        SimilarityTarget(IMAGE).score(np.zeros((1, 2), np.float32))


def test_titles():
    outputs = np.array([1.0, 5.0])
    assert ClassTarget(0).title(outputs, ("cat", "dog")) == "cat, 0.02"
    assert ClassTarget().title(outputs, ("cat", "dog")) == "dog, 0.98"
    assert ClassTarget(rank=2).title(outputs, ("cat", "dog")) == "cat, 0.02"
    assert ClassTarget(0).title(outputs) == "class 0, 0.02"
    assert SimilarityTarget(IMAGE).title(outputs) == "similarity to another image"
