"""Similarity of two feature spaces: CKA, RSA and shared neighbours, each with its noise floor."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.measures.geometry import Geometry, inner_products
from featx_core.measures.neighbors import (
    DIGITS,
    N_NEIGHBORS,
    cosine_dissimilarities,
    nearest_columns,
    neighbor_rows,
    neighbors_shared,
)
from featx_core.measures.ranks import average_ranks

MEASURES = {
    "cka": "Linear CKA, debiased",
    "rsa": "RSA (Spearman of cosine dissimilarities)",
    "overlap": "Shared nearest neighbours",
}
N_PERMUTATIONS = 10
ONE_IN_TWENTY = 1.6449
"""Standard deviations above the mean that one draw in twenty exceeds, where they are normal."""

MIN_IMAGES = 4
"""Debiased CKA has no meaning for fewer."""


@dataclass(frozen=True, eq=False)
class Space:
    """What is needed of a feature space to compare it with others on the same images.

    Attributes:
        products: U-centred inner products of length 1, float32 `(n_images, n_images)`, for CKA.
        ranks: Centred ranks of the dissimilarities of length 1, symmetric, float32 of the same shape, for RSA.
        neighbors: Rows of the nearest images, int64 `(n_images, n_neighbors)`.
    """

    products: np.ndarray
    ranks: np.ndarray
    neighbors: np.ndarray

    @functools.cached_property
    def moments(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """For `products` and for `ranks`: the sum of squares, and that of squared row sums."""
        return _moments(self.products), _moments(self.ranks)

    @functools.cached_property
    def spread(self) -> float:
        """Sum of the absolute `products`: by it spaces can be told apart."""
        return float(np.sum(np.abs(self.products)))


def space_of(vectors: np.ndarray, *, n_neighbors: int = N_NEIGHBORS) -> Space:
    """Prepare a feature space for comparing it.

    Args:
        vectors: Finite, `(n_images, n_features)`, at least 4 images. Not modified.
        n_neighbors: How many neighbours are compared; fewer for fewer images.

    Raises:
        ValueError: If there are too few images, or a value is not finite.
    """
    vectors = _checked(vectors)
    return space_from(Geometry(cosine_dissimilarities(vectors), inner_products(vectors)), n_neighbors)


def space_from(geometry: Geometry, n_neighbors: int = N_NEIGHBORS) -> Space:
    """Prepare a feature space of which it is known how its images lie, at least 4 of them."""
    neighbors = nearest_columns(geometry.apart, n_neighbors, np.arange(len(geometry.apart)))
    return Space(u_centered(geometry.products), centered_ranks(geometry.apart), neighbors)


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Compare two spaces by debiased linear centred kernel alignment: 1 for the same space, about 0 for unrelated ones.

    A rotation, a shift and a common scale of either change nothing. It may fall below 0 by chance.

    Args:
        first: Finite, `(n_images, n_features)`, at least 4 images. Not modified.
        second: Another number of features, the same images.

    Raises:
        ValueError: If the images are too few or not as many, or a value is not finite.

    Reference:
        Kornblith et al., "Similarity of neural network representations revisited", ICML 2019; with the unbiased HSIC of
        Song et al., "Feature selection via dependence maximization", JMLR 13, 2012, as in Nguyen, Raghu and Kornblith,
        ICLR 2021.
    """
    _check_pair(first, second)
    return _inner(*(u_centered(inner_products(_checked(space))) for space in (first, second)))


def rsa(first: np.ndarray, second: np.ndarray) -> float:
    """Compare two spaces by representational similarity: Spearman's correlation of their cosine dissimilarities.

    Args:
        first: Finite, `(n_images, n_features)`, at least 4 images. Not modified.
        second: Another number of features, the same images.

    Raises:
        ValueError: If the images are too few or not as many, or a value is not finite.

    Reference:
        Kriegeskorte, Mur and Bandettini, "Representational similarity analysis", Frontiers in Systems Neuroscience 2, 2008.
    """
    _check_pair(first, second)
    ones, others = (centered_ranks(cosine_dissimilarities(_checked(space))) for space in (first, second))
    return _inner(ones, others)


def neighbor_overlap(
    first: np.ndarray,
    second: np.ndarray,
    *,
    n_neighbors: int = N_NEIGHBORS,
    groups: Sequence[Any] | np.ndarray | None = None,
) -> float:
    """Compare two spaces by the share of nearest neighbours, by cosine, that an image has in both; 0 to 1.

    Args:
        first: Finite, `(n_images, n_features)`, at least 4 images. Not modified.
        second: Another number of features, the same images.
        n_neighbors: How many neighbours are compared; fewer for fewer images.
        groups: Images of one group, such as near-duplicates, do not count as neighbours.

    Raises:
        ValueError: If the images are too few or not as many, or a value is not finite.

    Reference:
        Mutual k-nearest-neighbour alignment: Huh et al., "The platonic representation hypothesis", ICML 2024.
    """
    _check_pair(first, second)
    ones, others = (neighbor_rows(_checked(space), n_neighbors, groups=groups) for space in (first, second))
    return float(neighbors_shared(ones, others).mean())


def compare_spaces(first: Space, second: Space) -> dict[str, float]:
    """Return all measures of `MEASURES` for two prepared spaces."""
    return {
        "cka": _inner(first.products, second.products),
        "rsa": _inner(first.ranks, second.ranks),
        "overlap": float(neighbors_shared(first.neighbors, second.neighbors).mean()),
    }


def chance_level(first: Space, second: Space) -> dict[str, tuple[float, float]]:
    """Return what each measure is when the images of one space are shuffled: the noise floor.

    CKA and RSA are Mantel statistics, whose mean and variance over all permutations are known exactly. For shared
    neighbours the mean is; their spread is that of ten permutations.

    Returns:
        For each measure the mean, and the mean plus 1.64 standard deviations, which one permutation in twenty exceeds.

    Reference:
        Mantel, "The detection of disease clustering and a generalized regression approach", Cancer Research 27, 1967.
    """
    n_images, n_neighbors = first.neighbors.shape
    rng = np.random.default_rng(0)
    orders = [rng.permutation(n_images) for _ in range(N_PERMUTATIONS)]
    every = np.arange(n_images)[:, None]
    is_neighbor = np.zeros((n_images, n_images), bool)
    is_neighbor[every, first.neighbors] = True
    shared = [float(is_neighbor[every, np.argsort(order)[second.neighbors[order]]].mean()) for order in orders]
    expected = n_neighbors / (n_images - 1)
    spread = float(np.sqrt(np.mean((np.array(shared) - expected) ** 2)))
    return {
        "cka": (0.0, ONE_IN_TWENTY * _mantel_deviation(n_images, first.moments[0], second.moments[0])),
        "rsa": (0.0, ONE_IN_TWENTY * _mantel_deviation(n_images, first.moments[1], second.moments[1])),
        "overlap": (expected, expected + ONE_IN_TWENTY * spread),
    }


def halves(n_items: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Divide rows or columns at random into two halves, each in ascending order."""
    order = np.random.default_rng(seed).permutation(n_items)
    return np.sort(order[: n_items // 2]), np.sort(order[n_items // 2 : n_items // 2 * 2])


def _checked(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or len(vectors) < MIN_IMAGES:
        raise ValueError(
            f"A space must have shape `(n_images, n_features)` with at least {MIN_IMAGES} images. "
            f"Received: {vectors.shape}."
        )
    if not np.isfinite(vectors).all():
        raise ValueError("A space must hold finite values only. Leave out the images whose features are not.")
    return vectors


def _check_pair(first: np.ndarray, second: np.ndarray) -> None:
    if len(first) != len(second):
        raise ValueError(f"Both spaces must hold the same images. Received: {len(first)} and {len(second)} rows.")


def u_centered(products: np.ndarray) -> np.ndarray:
    """Return the U-centred Gram matrix of length 1: the inner product of two of them is the debiased CKA.

    For off-diagonal K: K_ij - r_i/(n-2) - r_j/(n-2) + s/((n-1)(n-2)), r the row sums, s their sum, diagonal 0. The mean
    product of two such matrices over n(n-3) is the unbiased HSIC (Székely and Rizzo 2014, Annals of Statistics 42).

    Args:
        products: Inner products of images around any point, `(n_images, n_images)`. Not modified.
    """
    n_images = len(products)
    products = products.copy()
    np.fill_diagonal(products, 0)
    rows = products.sum(axis=1) / (n_images - 2)
    products -= rows[:, None] - rows.sum() / (n_images - 1)
    products -= rows
    np.fill_diagonal(products, 0)
    return _at_length_one(products)


def centered_ranks(apart: np.ndarray) -> np.ndarray:
    """Return the centred ranks of the dissimilarities of length 1: the inner product of two of them is the RSA."""
    upper = np.triu(np.ones(apart.shape, bool), 1)
    # Dissimilarities that differ by rounding alone are equal.
    ranks = average_ranks(np.rint(apart[upper] * (10**DIGITS / (apart.max(initial=0) or 1))).astype(np.int64))
    full = np.zeros_like(apart)
    full[upper] = ranks - ranks.mean()
    return _at_length_one(full + full.T)


def _at_length_one(matrix: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(matrix))
    return matrix / length if length > 1e-12 * matrix.size else np.zeros_like(matrix)


def _moments(matrix: np.ndarray) -> tuple[float, float]:
    sums = matrix.sum(axis=1, dtype=np.float64)
    return float(np.vdot(matrix, matrix)), float(np.vdot(sums, sums))


def _mantel_deviation(n: int, first: tuple[float, float], second: tuple[float, float]) -> float:
    """Standard deviation of the inner product over all permutations of one of two matrices of n rows, by their moments.

    Both symmetric, with zeros on the diagonal and a sum of 0. With s the sum of squares and r that of squared row sums:
    2ss'/n(n-1) + 4(r-s)(r'-s')/n(n-1)(n-2) + (2s-4r)(2s'-4r')/n(n-1)(n-2)(n-3).
    """
    (s, r), (s_, r_) = first, second
    variance = 2 * s * s_ + 4 * (r - s) * (r_ - s_) / (n - 2)
    if n > 3:
        variance += (2 * s - 4 * r) * (2 * s_ - 4 * r_) / ((n - 2) * (n - 3))
    return float(np.sqrt(max(variance, 0) / (n * (n - 1))))


def _inner(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.vdot(first, second))
