"""Images with the same features on a map: they share one place."""

from __future__ import annotations

import hashlib

import numpy as np

from featx_core.base.wording import counted


def together(points: np.ndarray, coordinates: np.ndarray, n_fixed: int = 0) -> np.ndarray:
    """Lay points that are the same in one place: the mean of theirs, or that of the first that is fixed.

    t-SNE and UMAP lay copies of one point up to some percent of the map's width apart, which looks like a group.

    Args:
        points: `(n_rows, n_features)`. Not modified.
        coordinates: Of each, `(n_rows, 2 or 3)`. Not modified.
        n_fixed: So many, the first, stay where they are.

    Returns:
        Coordinates, same shape and dtype.
    """
    placed = coordinates.copy()
    for rows in _groups(points):
        fixed, free = rows[rows < n_fixed], rows[rows >= n_fixed]
        if len(free):
            placed[free] = coordinates[fixed[0]] if len(fixed) else coordinates[free].mean(axis=0, dtype=np.float64)
    return placed


def copies_notes(points: np.ndarray) -> list[str]:
    """Say how many images lie under others, in one sentence or none."""
    n_copies = sum(len(rows) for rows in _groups(points))
    if not n_copies:
        return []
    return [f"{counted(n_copies, 'image')} share a place with others, as their features are the same."]


def _groups(points: np.ndarray) -> list[np.ndarray]:
    """List the rows that are the same, where there are several; by their digests, which take little memory."""
    found: dict[bytes, list[int]] = {}
    for number, row in enumerate(np.ascontiguousarray(points)):
        found.setdefault(hashlib.blake2b(row.data, digest_size=16).digest(), []).append(number)
    return [np.array(rows) for rows in found.values() if len(rows) > 1]
