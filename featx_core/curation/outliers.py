"""Images far from all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.curation.storing import Stored
from featx_core.measures.folds import as_groups
from featx_core.measures.neighbors import cosine_dissimilarities

N_NEIGHBORS = 5
N_DRAWS = 10
"""Draws of structureless data whose farthest points outliers have to exceed."""

MAX_DRAWN = 1_000
"""Points of one draw: its time grows with the cube of their number."""

BLOCK = 1_000
"""Images whose dissimilarities to all others are in memory at once."""


@dataclass(frozen=True)
class Outliers(Stored):
    """Images by their distance to their nearest neighbours, the farthest first.

    Attributes:
        digests: SHA-256 of each image.
        distances: 1 minus the cosine to the `n_neighbors`-th nearest image, from 0 to 2; near-duplicates are passed over.
        limit: The farthest point of structureless data with the same mean and covariance, the largest of `N_DRAWS` draws.
        n_neighbors: Which neighbour was looked at.
    """

    digests: tuple[str, ...]
    distances: tuple[float, ...]
    limit: float
    n_neighbors: int

    @property
    def n_beyond(self) -> int:
        """How many images lie beyond the limit."""
        return sum(distance > self.limit for distance in self.distances)


def find_outliers(
    vectors: np.ndarray,
    digests: Sequence[str],
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    seed: int = 0,
    on_progress: ProgressCallback | None = None,
) -> Outliers:
    """Rank images by the distance to their fifth neighbour, beside what structureless data would give.

    The limit comes from Gaussian data with the mean and the covariance of the features: in such data, the farthest image
    lies beyond it in about one set of eleven. A draw has at most `MAX_DRAWN` points, so the limit is on the high side for
    larger sets. Distances are 1 minus the cosine.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
        digests: Of each image.
        groups: Images of one group, such as near-duplicates, are not neighbours of each other. None: each is its own.
        seed: Of the draws.
        on_progress: Called with steps done and steps in all.

    Raises:
        ValueError: If there are fewer than three groups of images.

    Reference:
        Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from large data sets", SIGMOD 2000.
    """
    group = as_groups(groups, len(vectors))
    n_neighbors = min(N_NEIGHBORS, len(np.unique(group)) - 1)
    if n_neighbors < 2:
        raise ValueError("Outliers need at least three different images.")
    points = np.asarray(vectors, np.float64) / (np.abs(vectors).max() or 1)
    distances = neighbor_distances(points, group, n_neighbors)
    farthest = []
    for draw in range(N_DRAWS):
        if on_progress is not None:
            on_progress(draw, N_DRAWS)
        drawn = _structureless(points[np.unique(group, return_index=True)[1]], np.random.default_rng([seed, draw]))
        farthest.append(neighbor_distances(drawn, np.arange(len(drawn)), n_neighbors).max())
    if on_progress is not None:
        on_progress(N_DRAWS, N_DRAWS)
    order = np.lexsort((np.arange(len(digests)), -distances))
    return Outliers(
        tuple(digests[row] for row in order), tuple(distances[order].tolist()), float(max(farthest)), n_neighbors
    )


def neighbor_distances(points: np.ndarray, group: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Return 1 minus the cosine to the k-th nearest point of another group; of each group, the nearest point counts.

    Args:
        points: Finite, `(n_points, n_features)`. Not modified.
        group: Of each point, from 0, int `(n_points,)`.
        n_neighbors: Which neighbour.

    Returns:
        float64 `(n_points,)`.
    """
    order = np.argsort(group, kind="stable")
    starts = np.unique(group[order], return_index=True)[1]
    found = np.empty(len(points))
    for start in range(0, len(points), BLOCK):
        rows = slice(start, start + BLOCK)
        apart = np.minimum.reduceat(cosine_dissimilarities(points[rows], points[order]), starts, axis=1)
        apart[np.arange(len(apart)), group[rows]] = np.inf
        found[rows] = np.partition(apart, n_neighbors - 1, axis=1)[:, n_neighbors - 1]
    return found


def _structureless(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw as many Gaussian points (no more than `MAX_DRAWN`) with the mean and the covariance of these."""
    mean = points.mean(axis=0)
    weights = rng.normal(size=(min(len(points), MAX_DRAWN), len(points))) / np.sqrt(max(1, len(points) - 1))
    return np.asarray(mean + weights @ (points - mean))
