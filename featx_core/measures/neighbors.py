"""Nearest neighbours in a feature space, and its geometry."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from featx_core.measures.folds import as_groups

N_NEIGHBORS = 10
DIGITS = 12
"""Decimal digits, of the largest dissimilarity, in which two must differ to count as different."""


ROWS_AT_ONCE = 2_048
"""Rows whose distances to one image are found together: more would need several copies of all features in memory."""


class Neighbor(NamedTuple):
    """A neighbour of an image.

    Attributes:
        row: Which image.
        similarity: Cosine, from -1 to 1.
    """

    row: int
    similarity: float


class Mover(NamedTuple):
    """An image whose neighbours differ between two spaces.

    Attributes:
        row: Which image.
        kept: The share of its neighbours in the one space that are its neighbours in the other, from 0 to 1.
        first: Rows of its neighbours in the first space, nearest first.
        second: Rows of its neighbours in the second space, nearest first.
    """

    row: int
    kept: float
    first: tuple[int, ...]
    second: tuple[int, ...]


def cosine_dissimilarities(vectors: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Return 1 minus the cosine between any two rows; 1 for a row of zeros.

    It is half the squared distance between the rows at length 1, computed around their mean: where all features lie far from
    zero, cosines differ in their last digits only, and 1 minus a cosine would be rounding.

    Args:
        vectors: Finite, `(n_rows, n_features)`. Not modified.
        others: Finite, `(n_others, n_features)`. None: `vectors`, and then the diagonal is exactly 0, but for rows of zeros.

    Returns:
        float64 `(n_rows, n_others)`, from 0 to 2.

    >>> cosine_dissimilarities(np.array([[2.0, 0.0], [1.0, 1.0]])).round(3).tolist()
    [[0.0, 0.293], [0.293, 0.0]]
    """
    columns = at_unit_length(vectors if others is None else others)
    is_flat = ~columns.any(axis=1)
    middle = columns.sum(axis=0) / max(1, np.sum(~is_flat))
    columns = columns - middle
    lengths = np.einsum("ij,ij->i", columns, columns)
    rows, are_rows_flat, row_lengths = columns, is_flat, lengths
    if others is not None:
        rows = at_unit_length(vectors)
        are_rows_flat = ~rows.any(axis=1)
        rows = rows - middle
        row_lengths = np.einsum("ij,ij->i", rows, rows)
    found = np.clip(np.add.outer(row_lengths, lengths) / 2 - rows @ columns.T, 0, 2)
    if others is None:
        np.fill_diagonal(found, 0)
    found[are_rows_flat] = 1
    found[:, is_flat] = 1
    return np.asarray(found)


def at_unit_length(vectors: np.ndarray) -> np.ndarray:
    """Scale each row to length 1, in float64; a row of zeros stays."""
    vectors = np.asarray(vectors, np.float64)
    vectors = vectors / (np.abs(vectors).max(axis=1, keepdims=True, initial=0) + (vectors == 0).all(1, keepdims=True))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def nearest(
    vectors: np.ndarray, row: int, *, n_neighbors: int = N_NEIGHBORS, groups: Sequence[Any] | np.ndarray | None = None
) -> list[Neighbor]:
    """Find the images nearest to one image by cosine.

    Args:
        vectors: `(n_images, n_features)`, finite. Not modified.
        row: Which image, from 0.
        n_neighbors: How many, at most.
        groups: Images of the same group, such as near-duplicates, are left out.

    Returns:
        Nearest first; at equal similarity, the lower row first.

    Raises:
        ValueError: If there is no such row.
    """
    if not 0 <= row < len(vectors):
        raise ValueError(f"`row` must be 0 to {len(vectors) - 1}. Received: {row}.")
    group = as_groups(groups, len(vectors))
    rows = _candidates(vectors, row, n_neighbors + int(np.count_nonzero(group == group[row])))
    starts = range(0, len(rows), ROWS_AT_ONCE)
    some = (rows[start : start + ROWS_AT_ONCE] for start in starts)
    apart = np.concatenate([cosine_dissimilarities(vectors[part], vectors[row : row + 1]) for part in some])[:, 0]
    order = np.argsort(comparable(apart), kind="stable")
    near = (i for i in order if group[rows[i]] != group[row])
    return [Neighbor(int(rows[i]), 1 - float(apart[i])) for i in itertools.islice(near, n_neighbors)]


def _candidates(vectors: np.ndarray, row: int, n_wanted: int) -> np.ndarray:
    """Return rows among which the nearest are for certain, and the farthest, ascending: all where float32 cannot tell.

    The error of a product in float32 is at most the number of features times its rounding, times both lengths (Higham,
    "Accuracy and stability of numerical algorithms", 2002, section 3.1); two lengths and the cast add as much.
    """
    everyone = np.arange(len(vectors))
    if len(vectors) <= max(ROWS_AT_ONCE, n_wanted):
        return everyone
    with np.errstate(all="ignore"):
        small = np.asarray(vectors, np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", small, small))
        cosines = (small @ small[row]) / (lengths * lengths[row])
    if not np.isfinite(cosines).all() or lengths.min() < 1e-15 or lengths.max() > 1e15:
        return everyone
    margin = 8 * vectors.shape[1] * 2.0**-24
    least = np.partition(cosines, -n_wanted)[-n_wanted] - margin
    is_candidate = cosines >= least
    is_candidate[[row, int(np.argmin(cosines))]] = True
    return np.flatnonzero(is_candidate)


def neighbor_rows(
    vectors: np.ndarray, n_neighbors: int = N_NEIGHBORS, *, groups: Sequence[Any] | np.ndarray | None = None
) -> np.ndarray:
    """Find the nearest images of every image by cosine, nearest first.

    Args:
        vectors: `(n_images, n_features)`, finite. Not modified.
        n_neighbors: How many; fewer where there are not so many outside of an image's group.
        groups: Images of the same group are left out.

    Returns:
        int64 `(n_images, n_neighbors)`.
    """
    return nearest_columns(cosine_dissimilarities(vectors), n_neighbors, as_groups(groups, len(vectors)))


def nearest_columns(apart: np.ndarray, n_neighbors: int, group: np.ndarray) -> np.ndarray:
    """Find the columns of the lowest dissimilarity in each row, those of its own group left out. `apart` is not changed."""
    distances = comparable(apart)
    distances[group[:, None] == group[None, :]] = np.inf
    n_neighbors = min(n_neighbors, int(np.isfinite(distances).sum(axis=1).min(initial=len(group))))
    return _lowest_columns(distances, n_neighbors)


def comparable(apart: np.ndarray) -> np.ndarray:
    """Return dissimilarities as parts of the largest, rounded, so that those that differ by rounding alone are equal."""
    return np.round(apart / (apart.max(initial=0) or 1), DIGITS)


def _lowest_columns(values: np.ndarray, n_columns: int) -> np.ndarray:
    """Columns of the lowest values of each row, lowest first, the lower column first where they are equal."""
    if not 0 < n_columns < values.shape[1]:
        return np.argsort(values, axis=1, kind="stable")[:, :n_columns].astype(np.int64)
    found = np.sort(np.argpartition(values, n_columns - 1, axis=1)[:, :n_columns], axis=1)
    lowest = np.take_along_axis(values, found, axis=1)
    found = np.take_along_axis(found, np.argsort(lowest, axis=1, kind="stable"), axis=1)
    tied = np.flatnonzero((values <= lowest.max(axis=1, keepdims=True)).sum(axis=1) > n_columns)
    found[tied] = np.argsort(values[tied], axis=1, kind="stable")[:, :n_columns]
    return found.astype(np.int64)


def neighbors_shared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the share of neighbours that each image has in both spaces.

    Args:
        first: Rows of the neighbours in one space, int `(n_images, n_neighbors)`, as from `neighbor_rows`.
        second: The same in the other space.

    Returns:
        float64 `(n_images,)`, from 0 to 1.

    >>> neighbors_shared(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[2, 1], [2, 3], [3, 4]])).tolist()
    [1.0, 0.5, 0.0]
    """
    if first.shape != second.shape:
        raise ValueError(f"Both spaces need the same number of neighbours. Received: {first.shape} and {second.shape}.")
    if not first.size:
        return np.zeros(len(first))
    return np.asarray((first[:, :, None] == second[:, None, :]).any(axis=2).mean(axis=1))


def movers(
    first: np.ndarray,
    second: np.ndarray,
    *,
    n_neighbors: int = N_NEIGHBORS,
    groups: Sequence[Any] | np.ndarray | None = None,
    limit: int | None = None,
) -> list[Mover]:
    """List the images whose neighbours differ most between two feature spaces, those that changed most first.

    Measured in the spaces, by cosine, and not on maps.

    Args:
        first: `(n_images, n_features)`, finite. Not modified.
        second: Another number of features, the same images.
        n_neighbors: How many neighbours are compared.
        groups: Images of the same group, such as near-duplicates, do not count as neighbours.
        limit: The most to list. None lists all images.

    Raises:
        ValueError: If the two do not have as many images.
    """
    if len(first) != len(second):
        raise ValueError(f"Both spaces must hold the same images. Received: {len(first)} and {len(second)} rows.")
    ones, others = (neighbor_rows(space, n_neighbors, groups=groups) for space in (first, second))
    kept = neighbors_shared(ones, others)
    order = np.argsort(kept, kind="stable")[:limit]
    return [Mover(int(i), float(kept[i]), tuple(ones[i].tolist()), tuple(others[i].tolist())) for i in order]


def hubness(vectors: np.ndarray, *, n_neighbors: int = N_NEIGHBORS) -> float:
    """Measure whether a few images are among the nearest of very many others.

    The skewness of how often each image is a neighbour. About 0 to 1 is usual; above 2, some images are hubs.

    Reference:
        Radovanović, Nanopoulos and Ivanović, "Hubs in space", JMLR 11, 2010.
    """
    return occurrence_skewness(neighbor_rows(vectors, n_neighbors))


def occurrence_skewness(rows: np.ndarray) -> float:
    """Return the skewness of how often each row occurs among the neighbours; 0 when all occur equally often.

    >>> round(occurrence_skewness(np.array([[1], [0], [0], [0]])), 3)
    0.816
    """
    counts = np.bincount(rows.ravel(), minlength=len(rows)).astype(np.float64)
    centered = counts - counts.mean()
    spread = float(np.mean(centered**2))
    return float(np.mean(centered**3) / spread**1.5) if spread > 0 else 0.0


def effective_dimension(vectors: np.ndarray) -> float:
    """Count the directions that the features effectively use: the participation ratio of the variances.

    1 when all images lie on a line, the number of features when all directions vary alike, 0 when nothing varies. Never
    more than the number of images less one.

    Reference:
        (sum of eigenvalues of the covariance)² / (sum of their squares), e.g. Gao et al., bioRxiv 214262, 2017.

    >>> round(effective_dimension(np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0]])), 6)
    1.0
    """
    vectors = np.asarray(vectors, np.float64)
    centered = vectors - vectors.mean(axis=0)
    centered = centered / (np.abs(centered).max(initial=0) or 1)
    products = centered @ centered.T if len(vectors) < vectors.shape[1] else centered.T @ centered
    squares = float(np.sum(products**2))
    return float(np.trace(products) ** 2 / squares) if squares > 0 else 0.0
