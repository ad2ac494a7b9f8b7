"""The neighbours of every image of a large set: exact by blocks, and by an index beyond what two cores do in a second."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.base.wording import spaced
from featx_core.measures.neighbors import N_NEIGHBORS, at_unit_length

EXACT_OPERATIONS = 5e10
"""Up to so many multiplications every row is compared with every other: about a second on two cores."""

BLOCK_VALUES = 2**24
"""Cosines that are held at a time: 64 MB."""

LISTS_A_ROOT = 4
"""Lists of the index, as a multiple of the root of the number of rows."""

PROBES, ENOUGH = (8, 16, 32, 64, 128), 0.99
"""How many of them are looked at for a row: the fewest that find this share of the true neighbours."""

TRAINING_ROWS, TRAINING_STEPS = 64, 10
"""Rows a list that its centre is found by, and steps."""

N_MEASURED = 1_000
"""Rows that the recall is measured on."""

_PART = 4_096
_SAME = 1e-5
"""Cosines that differ by less are equal in float32."""


@dataclass(frozen=True, eq=False)
class NeighborLists:
    """The nearest images of every image by cosine.

    Attributes:
        rows: Nearest first, int64 `(n_images, n_neighbors)`; at equal similarity in any order.
        similarities: Their cosines, float32 of the same shape.
        recall: The share of the true neighbours that were found, from 0 to 1: 1 where all were compared with all.
        n_measured: How many images the recall was measured on; 0 where all were compared with all.
    """

    rows: np.ndarray
    similarities: np.ndarray
    recall: float
    n_measured: int

    @property
    def sentence(self) -> str:
        """How they were found."""
        if not self.n_measured:
            return "All images were compared with all: the neighbours are exact."
        return (
            f"Found by an index: {100 * self.recall:.1f} % of the true neighbours, as measured on "
            f"{spaced(self.n_measured)} images drawn at random."
        )


def neighbor_lists(
    vectors: np.ndarray,
    n_neighbors: int = N_NEIGHBORS,
    *,
    is_exact: bool | None = None,
    seed: int = 0,
    on_progress: ProgressCallback | None = None,
) -> NeighborLists:
    """Find the nearest images of every image by cosine, in float32.

    Equal rows are searched for once, and are each other's neighbours: many copies of an image hide nothing else.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
        n_neighbors: How many of each; fewer where there are not so many others.
        is_exact: Whether all are compared with all. None: up to `EXACT_OPERATIONS`, and where faiss is not installed.
        seed: Of the rows that the recall is measured on.
        on_progress: Called with rows done and rows in all. Raise `Cancelled` in it to stop.

    Raises:
        ValueError: If the vectors are not finite, are less than two, or if an index is asked for and faiss is not installed.

    >>> neighbor_lists(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), 1).rows[:, 0].tolist()
    [1, 0, 1]
    """
    if len(vectors) < 2 or not np.isfinite(vectors).all():
        raise ValueError(f"`vectors` must hold at least two rows of finite numbers. Received: {vectors.shape}.")
    has_index = importlib.util.find_spec("faiss") is not None
    if is_exact is False and not has_index:
        raise ValueError(
            "An index needs faiss, which is not installed. Install `faiss-cpu`, or ask for exact neighbours."
        )
    n_neighbors = min(n_neighbors, len(vectors) - 1)
    distinct, copies = _distinct(_in_parts(vectors))
    n_wanted = min(n_neighbors + 1, len(distinct))
    if is_exact is None:
        is_exact = not has_index or len(distinct) ** 2 * distinct.shape[1] <= EXACT_OPERATIONS
    step = on_progress or (lambda done, total: None)
    if is_exact:
        found, recall, n_measured = _exact(distinct, np.arange(len(distinct)), n_wanted, step), 1.0, 0
    else:
        measured = np.sort(np.random.default_rng(seed).permutation(len(distinct))[:N_MEASURED])
        found, recall = _by_index(distinct, n_wanted, measured, step)
        n_measured = len(measured)
        few = np.flatnonzero((found < 0).any(axis=1))
        found[few] = _exact(distinct, few, n_wanted, lambda done, total: None)
    rows = _expanded(found, copies, n_neighbors)
    unit = distinct[copies]
    similarities = np.empty(rows.shape, np.float32)
    for start in range(0, len(rows), _PART):
        part = slice(start, start + _PART)
        similarities[part] = np.einsum("ij,ikj->ik", unit[part], unit[rows[part]])
    return NeighborLists(rows, np.clip(similarities, -1, 1), recall, n_measured)


def _in_parts(vectors: np.ndarray) -> np.ndarray:
    """Bring rows to length 1, float32, a part at a time: in float64 all of them would need several times the memory."""
    unit = np.empty(vectors.shape, np.float32)
    for start in range(0, len(vectors), _PART):
        unit[start : start + _PART] = at_unit_length(vectors[start : start + _PART])
    return unit


def _distinct(unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different rows, in the order in which they first come, and for each row which of them it is."""
    first: dict[bytes, int] = {}
    numbers = np.fromiter((first.setdefault(row.tobytes(), len(first)) for row in unit + 0.0), np.int64, len(unit))
    _, at = np.unique(numbers, return_index=True)
    return unit[at], numbers


def _exact(unit: np.ndarray, queries: np.ndarray, n_wanted: int, step: ProgressCallback) -> np.ndarray:
    """Return the nearest rows of some rows, nearest first, themselves among them."""
    found = np.empty((len(queries), n_wanted), np.int64)
    size = max(1, BLOCK_VALUES // len(unit))
    for start in range(0, len(queries), size):
        step(start, len(queries))
        cosines = unit[queries[start : start + size]] @ unit.T
        part = np.argpartition(-cosines, n_wanted - 1, axis=1)[:, :n_wanted]
        order = np.argsort(-np.take_along_axis(cosines, part, axis=1), axis=1, kind="stable")
        found[start : start + size] = np.take_along_axis(part, order, axis=1)
    step(len(queries), len(queries))
    return found


def _by_index(
    unit: np.ndarray, n_wanted: int, measured: np.ndarray, step: ProgressCallback
) -> tuple[np.ndarray, float]:
    """Return the same for all rows from lists around centres, -1 where fewer were found, and the recall on some rows.

    Reference:
        Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", TPAMI 33, 2011: its inverted file.
    """
    import faiss

    n_rows, n_features = unit.shape
    n_lists = min(int(LISTS_A_ROOT * np.sqrt(n_rows)), n_rows)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(n_features), n_features, n_lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = (
        TRAINING_STEPS,
        TRAINING_ROWS,
        1,
    )
    step(0, n_rows)
    index.train(unit)
    index.add(unit)
    true, recall = _exact(unit, measured, n_wanted, lambda done, total: None), 0.0
    for n_probes in PROBES:
        index.nprobe = n_probes
        recall = recall_of(unit, measured, true, index.search(unit[measured], n_wanted)[1])
        if recall >= ENOUGH or n_probes >= n_lists:
            break
    found = np.empty((n_rows, n_wanted), np.int64)
    for start in range(0, n_rows, _PART):
        step(start, n_rows)
        found[start : start + _PART] = index.search(unit[start : start + _PART], n_wanted)[1]
    step(n_rows, n_rows)
    return found, recall


def recall_of(unit: np.ndarray, measured: np.ndarray, true: np.ndarray, found: np.ndarray) -> float:
    """Return the share of the true neighbours that were found; one as near as the farthest of them counts as one.

    Args:
        unit: All rows at length 1, float32.
        measured: Which rows the neighbours are of.
        true: Their true neighbours, nearest first, themselves among them or not.
        found: Those that were found, -1 for none.
    """
    n_kept = n_true = 0
    for row, expected, listed in zip(measured, true, found, strict=True):
        others = expected[expected != row][: true.shape[1] - 1]
        near = listed[(listed != row) & (listed >= 0)][: len(others)]
        n_true += len(others)
        if len(others):
            n_kept += int(np.sum(unit[near] @ unit[row] >= unit[others[-1]] @ unit[row] - _SAME))
    return n_kept / n_true if n_true else 1.0


def _expanded(found: np.ndarray, copies: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Put all rows in the place of the different ones: the copies of a row itself first, then of each neighbour in turn."""
    order = np.argsort(copies, kind="stable")
    starts = np.searchsorted(copies[order], np.arange(len(found) + 1))
    rows = np.empty((len(copies), n_neighbors), np.int64)
    for number, listed in enumerate(found):
        own = order[starts[number] : starts[number + 1]]
        near = [other for other in listed if other != number and other >= 0]
        pool = [*own[: n_neighbors + 1], *(row for other in near for row in order[starts[other] : starts[other + 1]])]
        for row in own:
            rows[row] = [each for each in pool if each != row][:n_neighbors]
    return rows
