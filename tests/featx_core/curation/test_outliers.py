"""Outliers: distances by brute force, planted ones found, structureless data without any."""

import numpy as np
import pytest

from featx_core.curation.outliers import find_outliers, neighbor_distances


def names(n_images):
    return [f"{i:064x}" for i in range(n_images)]


def cosine_distance(one, other):
    return 1 - float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_distances_are_those_of_brute_force_with_groups_passed_over():
    rng = np.random.default_rng(0)
    points, group = rng.normal(size=(40, 6)) + 1, np.repeat(np.arange(20), 2)
    expected = []
    for i in range(40):
        nearest = {}
        for j in range(40):
            if group[j] != group[i]:
                nearest[group[j]] = min(nearest.get(group[j], 9), cosine_distance(points[i], points[j]))
        expected.append(sorted(nearest.values())[2])
    np.testing.assert_allclose(neighbor_distances(points, group, 3), expected, atol=1e-12)


def test_blocks_give_what_one_piece_gives(monkeypatch):
    points = np.random.default_rng(1).normal(size=(50, 4))
    whole = neighbor_distances(points, np.arange(50), 5)
    monkeypatch.setattr("featx_core.curation.outliers.BLOCK", 7)
    np.testing.assert_allclose(neighbor_distances(points, np.arange(50), 5), whole, atol=1e-12)


def test_planted_outliers_come_first_and_lie_beyond_the_limit():
    rng = np.random.default_rng(2)
    points = np.concatenate([rng.normal(scale=0.3, size=(200, 10)) + 3 * np.eye(10)[0], -3 * np.eye(10)[:3]])
    found = find_outliers(points, names(203))
    assert set(found.digests[:3]) == set(names(203)[200:])
    assert found.n_beyond >= 3
    assert found.n_beyond < 10
    assert list(found.distances) == sorted(found.distances, reverse=True)


def test_a_copy_does_not_hide_an_outlier():
    rng = np.random.default_rng(3)
    far = np.repeat(-3 * np.eye(10)[:1], 6, axis=0) + 1e-3 * rng.normal(size=(6, 10))
    points = np.concatenate([rng.normal(scale=0.3, size=(100, 10)) + 3 * np.eye(10)[0], far])
    group = np.r_[np.arange(100), np.full(6, 100)]
    assert set(find_outliers(points, names(106), groups=group).digests[:6]) == set(names(106)[100:])
    assert set(find_outliers(points, names(106)).digests[:6]) != set(names(106)[100:])


def test_structureless_data_rarely_has_any():
    n_with = sum(
        find_outliers(np.random.default_rng(seed).normal(size=(80, 12)) + 1, names(80)).n_beyond > 0
        for seed in range(40)
    )
    assert n_with <= 10  # expected 40 / 11; more than 10 has a chance below 0.001


def test_a_common_factor_changes_nothing_and_neither_do_progress_and_order():
    points = np.random.default_rng(4).normal(size=(30, 5))
    told = []
    found = find_outliers(points, names(30), on_progress=lambda *step: told.append(step))
    assert told[-1] == (10, 10)
    assert find_outliers(7 * points, names(30)).digests == found.digests


def test_too_few_different_images_are_refused():
    with pytest.raises(ValueError, match="at least three different images"):
        find_outliers(np.eye(4), names(4), groups=[0, 0, 1, 1])
