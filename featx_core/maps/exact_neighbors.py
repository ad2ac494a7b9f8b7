"""The nearest neighbours of all points, found exactly, by blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.base.threads import in_threads

BLOCK_DISTANCES = 2**23
"""Distances that a thread holds at a time: 32 MB, and 64 MB of their order."""

SPARE = 8
"""Candidates beyond the wanted ones, since float32 may swap those that are nearly as far."""


@dataclass(frozen=True, eq=False)
class ExactNeighbors:
    """Neighbours among some points by Euclidean distance; what openTSNE calls a `knn_index`.

    Candidates are found in float32 by products of blocks, then measured and ordered in float64. The number of threads
    changes no bit.

    Attributes:
        points: Finite, around zero, float64 `(n_points, n_dimensions)`. Not modified.
        k: How many neighbours each of the points has, from 1 to `n_points - 1`.
        threads: That work at once.
        on_progress: Called by `build` with points done and points in all; it stops the work by raising `Cancelled`.
    """

    points: np.ndarray
    k: int
    threads: int
    on_progress: ProgressCallback

    @property
    def n_samples(self) -> int:
        """The number of points."""
        return len(self.points)

    def build(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the neighbours of each point among the others.

        Returns:
            Which, nearest first, int64, and how far, float64, both `(n_points, k)`.
        """
        return self._find(self.points, self.k, is_own=True)

    def query(self, others: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the `k` points next to each of some other points, `(n_others, n_dimensions)`. Returns as `build`."""
        return self._find(others, k, is_own=False)

    def _find(self, rows: np.ndarray, k: int, *, is_own: bool) -> tuple[np.ndarray, np.ndarray]:
        small = self.points.astype(np.float32)
        squares = np.einsum("ij,ij->i", small, small)
        step = max(1, BLOCK_DISTANCES // self.n_samples)
        found, distances = np.empty((len(rows), k), np.int64), np.empty((len(rows), k))

        def look(start: int) -> int:
            part = slice(start, start + step)
            candidates = _candidates(small, squares, rows[part], k, start if is_own else None)
            found[part], distances[part] = _nearest(self.points, rows[part], candidates, k)
            return min(start + step, len(rows))

        for done in in_threads(look, range(0, len(rows), step), threads=self.threads):
            if is_own:
                self.on_progress(done, len(rows))
        return found, distances


def _candidates(small: np.ndarray, squares: np.ndarray, rows: np.ndarray, k: int, start: int | None) -> np.ndarray:
    """What may be among the nearest of each row, ascending; `start` is the number of the first row, if they are points."""
    apart = rows.astype(np.float32) @ small.T  # squared distances, but for the rows' own squares
    apart *= -2
    apart += squares
    if start is not None:
        own = np.arange(len(rows))
        apart[own, start + own] = np.inf
    n_wanted = min(k + SPARE, len(small) - (start is not None))
    if n_wanted == len(small):
        return np.broadcast_to(np.arange(len(small)), (len(rows), len(small)))
    return np.sort(np.argpartition(apart, n_wanted - 1, axis=1)[:, :n_wanted], axis=1)


def _nearest(points: np.ndarray, rows: np.ndarray, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    ways = points[candidates] - rows[:, None]
    lengths = np.einsum("ijk,ijk->ij", ways, ways)
    order = np.argsort(lengths, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(candidates, order, 1), np.sqrt(np.take_along_axis(lengths, order, 1))
