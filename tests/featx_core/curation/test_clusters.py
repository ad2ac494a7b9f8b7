"""Clusters: those of scikit-learn, copies counted once, none in noise."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from featx_core.curation.clusters import find_clusters


def names(n_images):
    return [f"{i:064x}" for i in range(n_images)]


def five_clusters(seed=0, n_each=40):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(5), n_each)
    return rng.normal(scale=0.4, size=(len(truth), 16)) + 5 * np.eye(16)[truth], truth


@pytest.mark.parametrize("method", ["hdbscan", "k_means"])
def test_clean_clusters_are_found_and_stable(method):
    vectors, truth = five_clusters()
    found = find_clusters(vectors, names(200), method=method, n_clusters=5)
    assert adjusted_rand_score(truth, found.numbers) > 0.98
    assert sorted(found.sizes, reverse=True) == list(found.sizes)
    assert all(found.is_stable)
    assert len(found.stabilities) == len(found.typical) == 5


def test_copies_change_nothing_and_share_a_cluster():
    vectors, _ = five_clusters(1)
    alone = find_clusters(vectors, names(200))
    copied = np.repeat(np.arange(0, 200, 10), 8)
    group = np.r_[np.arange(200), copied]
    found = find_clusters(vectors[group], names(len(group)), groups=group)
    assert found.numbers[:200] == alone.numbers
    assert [found.numbers[200 + i] for i in range(len(copied))] == [alone.numbers[row] for row in copied]
    assert found.stabilities == alone.stabilities


@pytest.mark.parametrize("seed", range(4))
def test_structureless_noise_has_none_or_unstable_ones(seed):
    vectors = np.random.default_rng(seed).normal(size=(300, 32))
    assert not any(find_clusters(vectors, names(300)).is_stable)
    assert not any(find_clusters(vectors, names(300), method="k_means", n_clusters=6).is_stable)


def test_the_most_typical_lie_nearest_to_the_mean_of_their_cluster():
    vectors, _ = five_clusters(2)
    found = find_clusters(vectors, names(200), method="k_means", n_clusters=5)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for number, typical in enumerate(found.typical):
        rows = np.flatnonzero(np.array(found.numbers) == number)
        middle = unit[rows].mean(axis=0)
        nearest = sorted(rows, key=lambda row: -float(unit[row] @ middle))
        assert list(typical) == [names(200)[row] for row in nearest[: len(typical)]]


def test_a_seed_repeats_and_progress_ends():
    vectors, _ = five_clusters(3)
    told = []
    found = find_clusters(vectors, names(200), seed=4, on_progress=lambda *step: told.append(step))
    assert told[-1] == (11, 11)
    assert find_clusters(vectors, names(200), seed=4) == found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "dbscan"}, "`method` must be one of hdbscan, k_means"),
        ({"method": "k_means", "n_clusters": 1}, "`n_clusters` must be 2 to 10 here"),
        ({"groups": np.arange(20) // 4}, "at least 10 different images. Received: 5"),
    ],
)
def test_what_cannot_be_grouped_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        find_clusters(np.random.default_rng(0).normal(size=(20, 4)), names(20), **given)


def test_features_that_are_all_the_same_are_refused():
    with pytest.raises(ValueError, match="nothing to group"):
        find_clusters(np.ones((20, 4)), names(20))
