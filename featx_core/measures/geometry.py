"""How images lie to each other in a feature space: what most measures of it begin with."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from featx_core.base.threads import in_threads
from featx_core.measures.neighbors import N_NEIGHBORS, cosine_dissimilarities, nearest_columns


@dataclass(frozen=True, eq=False)
class Geometry:
    """How images lie to each other, by angle and by distance.

    Attributes:
        apart: Cosine dissimilarities, float64 `(n_images, n_images)`.
        products: Inner products around a point near their mean, in any unit, float64 of the same shape.
    """

    apart: np.ndarray
    products: np.ndarray

    def part(self, rows: np.ndarray) -> Geometry:
        """Return that of some images, by their rows."""
        if np.array_equal(rows, np.arange(len(self.apart))):
            return self
        some = np.ix_(rows, rows)
        return Geometry(self.apart[some], self.products[some])

    @functools.cached_property
    def neighbors(self) -> np.ndarray:
        """Rows of the `N_NEIGHBORS` nearest images of each, nearest first, int64; fewer where there are not so many."""
        return nearest_columns(self.apart, N_NEIGHBORS, np.arange(len(self.apart)))

    @property
    def effective_dimension(self) -> float:
        """As `featx_core.measures.neighbors.effective_dimension` finds it from features."""
        means = self.products.mean(axis=0)
        centered = self.products - means[:, None]
        centered -= means - means.mean()
        squares = float(np.vdot(centered, centered))
        return float(np.trace(centered) ** 2 / squares) if squares > 0 else 0.0


def geometry_of(vectors: np.ndarray) -> Geometry:
    """Find how images lie to each other.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
    """
    return Geometry(*in_threads(lambda measure: measure(vectors), (cosine_dissimilarities, inner_products)))


def inner_products(vectors: np.ndarray) -> np.ndarray:
    """Return the inner products of rows around their mean, in units of the largest value: float64 `(n_rows, n_rows)`."""
    vectors = np.asarray(vectors, np.float64)
    centered = vectors - vectors.mean(axis=0)
    centered /= np.abs(centered).max(initial=0) or 1
    return np.asarray(centered @ centered.T)
