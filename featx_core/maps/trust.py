"""Trustworthiness of maps: how well neighbourhoods are preserved."""

from typing import NamedTuple

import numpy as np

TRUST_ROWS = 2_000
"""Rows that are compared at most; the distances between all of them are held in memory."""

TRUST_NEIGHBORS = 10


class Trust(NamedTuple):
    """What a map keeps of the neighbourhoods in the feature space.

    Attributes:
        trustworthiness: From 0 to 1. Low when neighbours on the map are far apart in the feature space.
        neighbors_kept: From 0 to 1. Share of the nearest neighbours in the feature space that are nearest on the map.
        neighbors_kept_each: The same for each row, float32 `(n_rows,)`; NaN where it was not measured.
        n_neighbors: How many neighbours were looked at: 10, or fewer for fewer than 21 rows.
        n_measured: On how many rows, drawn at random, this was measured.
    """

    trustworthiness: float
    neighbors_kept: float
    neighbors_kept_each: np.ndarray
    n_neighbors: int
    n_measured: int


def measure_trust(vectors: np.ndarray, coordinates: np.ndarray, *, seed: int = 0) -> Trust | None:
    """Measure how well a map keeps neighbourhoods.

    Euclidean distances. Above 2 000 rows a sample is drawn, and neighbours are those within the sample.

    Args:
        vectors: The features, finite, `(n_rows, n_features)`. Not modified.
        coordinates: Their places on the map, `(n_rows, 2 or 3)`. Not modified.
        seed: Draws the sample.

    Returns:
        The measures, or None for fewer than 3 rows, where they have no meaning.

    Reference:
        Venna and Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental study", ICANN 2001.
    """
    n_rows = len(vectors)
    n_neighbors = min(TRUST_NEIGHBORS, (min(n_rows, TRUST_ROWS) - 1) // 2)
    if n_neighbors < 1:
        return None
    sample = draw_rows(n_rows, TRUST_ROWS, seed)
    distances = distances_between(_at_unit_scale(vectors[sample]))
    map_distances = distances_between(_at_unit_scale(coordinates[sample]))
    kept = neighbors_kept(distances, map_distances, n_neighbors)
    each = np.full(n_rows, np.nan, np.float32)
    each[sample] = kept
    trust = trustworthiness(distances, map_distances, n_neighbors)
    return Trust(trust, float(kept.mean()), each, n_neighbors, len(sample))


def kept_by_chance(n_neighbors: int, n_rows: int) -> float:
    """Return how many of an image's nearest neighbours a map with random places keeps, on average.

    Args:
        n_neighbors: How many neighbours are looked at.
        n_rows: Among how many rows, the image itself included; at least 2.

    >>> round(kept_by_chance(10, 501), 3)
    0.2
    """
    return n_neighbors**2 / (n_rows - 1)


def neighbors_kept(distances: np.ndarray, map_distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Share of each row's nearest neighbours that are its nearest on the map, too.

    A neighbour on the map counts when it is as near in the feature space as the `n_neighbors`-th true neighbour, so
    that copies of one image may stand for each other.

    Args:
        distances: Between the rows in the feature space, `(n_rows, n_rows)`. Not modified.
        map_distances: Between the rows on the map, `(n_rows, n_rows)`. Not modified.
        n_neighbors: From 1 to `n_rows - 1`.

    Returns:
        Float64 `(n_rows,)`, from 0 to 1.
    """
    true = _without_self(distances)
    nearest_on_map = _nearest(map_distances, n_neighbors)
    farthest = np.partition(true, n_neighbors - 1, axis=1)[:, n_neighbors - 1, None]
    rounding = 1e-6 * np.max(distances)
    return np.asarray(np.mean(np.take_along_axis(true, nearest_on_map, axis=1) <= farthest + rounding, axis=1))


def trustworthiness(distances: np.ndarray, map_distances: np.ndarray, n_neighbors: int) -> float:
    """Say how near the neighbours on the map are in the feature space: 1 less what their ranks there exceed `n_neighbors` by.

    As `sklearn.manifold.trustworthiness`, whose import takes longer than all else that a first map waits for. Of equally
    near rows the first come first in both spaces, so that copies of an image that lie together cost nothing.

    Args:
        distances: Between the rows in the feature space, `(n_rows, n_rows)`. Not modified.
        map_distances: Between the rows on the map, `(n_rows, n_rows)`. Not modified.
        n_neighbors: From 1 to less than half of `n_rows`.

    Returns:
        From 0 to 1.

    Reference:
        Venna and Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental study", ICANN 2001,
        equation 2.
    """
    n_rows = len(distances)
    order = _nearest(distances, n_rows)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, n_rows + 1)[np.newaxis], axis=1)
    beyond = np.take_along_axis(ranks, _nearest(map_distances, n_neighbors), axis=1) - n_neighbors
    largest = n_rows * n_neighbors * (2 * n_rows - 3 * n_neighbors - 1) / 2
    return float(1 - beyond[beyond > 0].sum() / largest)


def distances_between(points: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances between all points, `(n_points, n_points)`.

    Args:
        points: float64 `(n_points, n_features)`, around zero. Not modified.
    """
    squares = np.einsum("ij,ij->i", points, points)
    found = -2 * (points @ points.T)
    found += squares[:, np.newaxis]
    found += squares
    np.maximum(found, 0, out=found)
    np.fill_diagonal(found, 0)
    return np.asarray(np.sqrt(found, out=found))


def draw_rows(n_rows: int, n_wanted: int, seed: int) -> np.ndarray:
    """Indices of all rows, or of a seeded sample of `n_wanted`, in ascending order."""
    if n_rows <= n_wanted:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, n_wanted, replace=False))


def _nearest(distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Return the nearest other rows of each, the nearest first; of equally near ones the first."""
    return np.argsort(_without_self(distances), axis=1, kind="stable")[:, :n_neighbors]


def _without_self(distances: np.ndarray) -> np.ndarray:
    others = distances.copy()
    np.fill_diagonal(others, np.inf)
    return others


def _at_unit_scale(points: np.ndarray) -> np.ndarray:
    """Shift and scale, so that features far from zero, very small and very large ones keep their distances."""
    scaled = points.astype(np.float64) / (float(np.abs(points).max()) or 1)
    scaled -= scaled.mean(axis=0)
    return scaled / (np.abs(scaled).max() or 1)
