"""Procrustes analysis: aligns one map with another for side-by-side viewing."""

from __future__ import annotations

import dataclasses

import numpy as np

from featx_core.maps.projection import Projection

MIN_SHARED = 2


def align_map(moving: Projection, fixed: Projection) -> Projection:
    """Rotate, reflect, scale and shift a map so that it matches another one as closely as possible.

    Distances on the map keep their proportions, and all that is measured on it stays true.

    Args:
        moving: The map to move. Not modified.
        fixed: The map to lie on, with as many components; it need not hold the same images.

    Returns:
        `moving` with other coordinates.

    Raises:
        ValueError: If the maps do not have as many components, or share fewer than two images.
    """
    if moving.coordinates.shape[1] != fixed.coordinates.shape[1]:
        raise ValueError(
            "Both maps must be 2-D or both 3-D. "
            f"Received: {moving.coordinates.shape[1]}-D and {fixed.coordinates.shape[1]}-D."
        )
    _, ours, theirs = np.intersect1d(moving.rows, fixed.rows, return_indices=True)
    if len(ours) < MIN_SHARED:
        raise ValueError(f"The maps must share at least {MIN_SHARED} images. Received: {len(ours)}.")
    placed = align_points(moving.coordinates, moving.coordinates[ours], fixed.coordinates[theirs])
    return dataclasses.replace(moving, coordinates=placed.astype(np.float32))


def align_points(points: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Apply to points the rotation, reflection, scale and shift that bring `source` nearest to `target`.

    Args:
        points: `(n_points, n_components)`. Not modified.
        source: `(n_shared, n_components)`. Not modified.
        target: Where each of `source` belongs. Not modified.

    Returns:
        float64 of the shape of `points`. Where `source` is a single place, only the shift.

    Reference:
        Schönemann and Carroll, "Fitting one matrix to another under choice of a central dilation and a rigid motion",
        Psychometrika 35, 1970: least squares.

    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> align_points(square, square, 2 * square[:, ::-1] + 1).round(9).tolist()
    [[1.0, 1.0], [1.0, 3.0], [3.0, 3.0]]
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    centered = source - middle
    size = float(np.sum(centered**2))
    if size == 0:
        return np.asarray(np.asarray(points, np.float64) - middle + goal)
    left, strengths, right = np.linalg.svd(centered.T @ (target - goal))
    return np.asarray((np.asarray(points, np.float64) - middle) @ (left @ right) * (strengths.sum() / size) + goal)
