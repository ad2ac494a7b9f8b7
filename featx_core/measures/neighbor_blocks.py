"""Nearest neighbours among rows that are read some at a time, because all of them do not fit into memory."""

from __future__ import annotations

import numpy as np

from featx_core.measures.neighbors import N_NEIGHBORS, ROWS_AT_ONCE, Neighbor, cosine_dissimilarities, nearest

SPARE = 64
"""Rows that are kept beyond the neighbours that are wanted while more rows are read."""


def nearest_by_blocks(values: np.ndarray, row: int, *, n_neighbors: int = N_NEIGHBORS) -> list[Neighbor]:
    """Find the images nearest to one image by cosine, in rows that are read some at a time.

    Args:
        values: `(n_images, ...)`, an array or what gives one for a slice of rows. Rows that are not all finite are left out.
        row: Which image, from 0.
        n_neighbors: How many, at most.

    Returns:
        As `nearest` gives them; of more equal ones than `SPARE` beyond those wanted, any. None where the row is not finite.
    """
    query = np.asarray(values[row : row + 1], np.float32).reshape(1, -1)
    if not np.isfinite(query).all():
        return []
    rows, kept = np.zeros(0, np.int64), np.zeros((0, query.shape[1]), np.float32)
    for start in range(0, len(values), 2 * ROWS_AT_ONCE):
        part = np.asarray(values[start : start + 2 * ROWS_AT_ONCE], np.float32).reshape(-1, query.shape[1])
        usable = np.flatnonzero(np.isfinite(part).all(axis=1))
        usable = usable[usable + start != row]
        rows, kept = np.concatenate([rows, usable + start]), np.concatenate([kept, part[usable]])
        order = np.argsort(cosine_dissimilarities(kept, query)[:, 0], kind="stable")[: n_neighbors + SPARE]
        rows, kept = rows[np.sort(order)], kept[np.sort(order)]
    return [
        Neighbor(int(rows[near.row - 1]), near.similarity)
        for near in nearest(np.concatenate([query, kept]), 0, n_neighbors=n_neighbors)
    ]
