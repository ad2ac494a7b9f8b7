"""Neighbours by blocks against all distances in float64."""

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.maps import exact_neighbors
from featx_core.maps.exact_neighbors import ExactNeighbors

POINTS = np.random.default_rng(0).normal(size=(150, 6))
POINTS[70] = POINTS[3]


def silent(done, total):
    pass


def truth(rows, k, own):
    apart = np.sqrt(((rows[:, None] - POINTS) ** 2).sum(axis=2))
    if own:
        np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(apart, order, 1)


@pytest.mark.parametrize("k", [1, 20, 149])
@pytest.mark.parametrize("threads", [1, 3])
def test_neighbours_are_those_of_all_distances(monkeypatch, k, threads):
    monkeypatch.setattr(exact_neighbors, "BLOCK_DISTANCES", 150 * 40)
    found, distances = ExactNeighbors(POINTS, k, threads, silent).build()
    rows, expected = truth(POINTS, k, own=True)
    np.testing.assert_array_equal(found, rows)
    np.testing.assert_allclose(distances, expected, rtol=1e-12)


@pytest.mark.parametrize("k", [5, 150])
def test_other_points_find_theirs(k):
    others = np.random.default_rng(1).normal(size=(7, 6))
    found, distances = ExactNeighbors(POINTS, 5, 1, silent).query(others, k)
    rows, expected = truth(others, k, own=False)
    np.testing.assert_array_equal(found, rows)
    np.testing.assert_allclose(distances, expected, rtol=1e-12)


def test_points_that_float32_cannot_tell_apart_are_in_order(monkeypatch):
    monkeypatch.setattr(exact_neighbors, "SPARE", 8)
    line = np.stack([np.r_[0, 1 + 1e-9 * np.arange(6)[::-1], 100 + np.arange(20)], np.zeros(27)], axis=1)
    found, _ = ExactNeighbors(line, 3, 1, silent).build()
    assert found[0].tolist() == [6, 5, 4]


def test_each_block_is_told_and_may_stop_the_work(monkeypatch):
    monkeypatch.setattr(exact_neighbors, "BLOCK_DISTANCES", 150 * 40)
    told = []
    ExactNeighbors(POINTS, 2, 2, lambda *step: told.append(step)).build()
    assert told == [(40, 150), (80, 150), (120, 150), (150, 150)]

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        ExactNeighbors(POINTS, 2, 2, stop).build()
