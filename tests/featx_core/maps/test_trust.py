import numpy as np
import pytest

from featx_core.maps.projection import project
from featx_core.maps.trust import (
    TRUST_NEIGHBORS,
    distances_between,
    kept_by_chance,
    measure_trust,
    neighbors_kept,
    trustworthiness,
)
from tests.toys.projection_vectors import random_vectors


def test_a_perfect_map_is_fully_trusted():
    places = random_vectors(50, 2)
    trust = measure_trust(np.concatenate([places, np.zeros((50, 7), np.float32)], axis=1), 3 * places)
    assert trust.trustworthiness == 1
    assert trust.neighbors_kept == 1
    assert trust.n_neighbors == 10
    np.testing.assert_array_equal(trust.neighbors_kept_each, np.ones(50))


def test_neighbors_kept_by_hand():
    line, moved = (np.abs(np.subtract.outer(x, x)) for x in (np.array([0.0, 1, 3, 7]), np.array([0.0, 1, 3, 0.4])))
    np.testing.assert_array_equal(neighbors_kept(line, moved, 1), [0, 0, 1, 0])
    np.testing.assert_array_equal(neighbors_kept(line, moved, 3), [1, 1, 1, 1])


def test_trustworthiness_by_hand():
    """On the map, 3 takes 4 (true rank 4, 2 too many) and 4 takes 1 (true rank 3, 1 too many) among its 2 neighbours."""
    line, swapped = np.array([[0.0], [1], [3], [7], [15]]), np.array([[0.0], [1], [3], [15], [7]])
    trust = measure_trust(line, swapped)
    n_images, n_neighbors = 5, 2
    penalty = 2 / (n_images * n_neighbors * (2 * n_images - 3 * n_neighbors - 1))
    assert trust.n_neighbors == n_neighbors
    assert trust.trustworthiness == pytest.approx(1 - penalty * 3)
    np.testing.assert_array_equal(trust.neighbors_kept_each, [1, 1, 1, 0.5, 0.5])
    assert trust.neighbors_kept == pytest.approx(0.8)


@pytest.mark.parametrize("n_rows", [3, 4, 21, 150])
def test_trustworthiness_is_that_of_scikit_learn(n_rows):
    from sklearn.manifold import trustworthiness as expected
    from sklearn.metrics import pairwise_distances

    rng = np.random.default_rng(n_rows)
    n_neighbors = min(TRUST_NEIGHBORS, (n_rows - 1) // 2)
    places, vectors = rng.normal(size=(n_rows, 2)), rng.normal(size=(n_rows, 5))
    copies = vectors[rng.integers(0, max(n_rows // 3, 2), n_rows)]
    for points in (vectors, copies, rng.integers(0, 3, size=(n_rows, 5)).astype(float)):
        distances = distances_between(points)
        np.testing.assert_array_equal(distances, pairwise_distances(points))
        rounded = distances.round(6)
        tied = rounded + 1e-9 * np.arange(n_rows)  # of equally near rows the first, which scikit-learn leaves open
        found = trustworthiness(rounded, distances_between(places), n_neighbors)
        truth = expected(tied, places, n_neighbors=n_neighbors, metric="precomputed")
        assert found == pytest.approx(truth, abs=1e-12)


def test_copies_may_stand_for_each_other():
    vectors = np.repeat(random_vectors(6, 3), 8, axis=0)
    order = np.random.default_rng(1).permutation(48)
    trust = measure_trust(vectors[order], vectors[order])
    assert trust.neighbors_kept == trust.trustworthiness == 1


def test_trust_of_many_rows_is_measured_on_a_stated_sample(monkeypatch):
    monkeypatch.setattr("featx_core.maps.trust.TRUST_ROWS", 30)
    result = project(random_vectors(1_100, 4), "pca")
    assert result.details["n_measured"] == 30
    assert np.isfinite(result.details["neighbors_kept_each"]).sum() == 30
    assert result.notes == ["The trustworthiness of the map was measured on 30 of 1 100 images, drawn at random."]


def test_a_shuffled_map_is_not_trusted():
    vectors = random_vectors(400, 2)
    trust = measure_trust(vectors, np.random.default_rng(1).permutation(vectors))
    assert trust.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert trust.neighbors_kept == pytest.approx(10 / 399, abs=0.02)


def test_random_places_keep_as_many_neighbours_as_chance_says():
    rng = np.random.default_rng(5)
    kept = [
        TRUST_NEIGHBORS * measure_trust(rng.normal(size=(120, 20)), rng.normal(size=(120, 2))).neighbors_kept
        for _ in range(30)
    ]
    error = np.std(kept) / np.sqrt(len(kept))
    assert np.mean(kept) == pytest.approx(kept_by_chance(TRUST_NEIGHBORS, 120), abs=4 * error)
    assert kept_by_chance(1, 2) == 1  # the only other image
