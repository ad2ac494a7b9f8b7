"""Folds for cross-validation: stratified, grouped, and independent of the order of images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

N_FOLDS = 5


def image_keys(vectors: Sequence[np.ndarray]) -> list[str]:
    """Name images by what is in their rows, for those that come without a digest.

    Args:
        vectors: One or more `(n_images, n_features)` of the same images. Their order does not matter.

    Returns:
        One string per image; equal where all rows are equal.
    """
    rows = [[hashlib.sha256(row.tobytes()).hexdigest() for row in part] for part in vectors]
    return [hashlib.sha256("".join(sorted(parts)).encode()).hexdigest() for parts in zip(*rows, strict=True)]


def as_groups(groups: Sequence[Any] | np.ndarray | None, n_images: int) -> np.ndarray:
    """Number the groups from 0; without groups, each image is one by itself.

    Raises:
        ValueError: If there is not one entry for each image.
    """
    if groups is None:
        return np.arange(n_images)
    if len(groups) != n_images:
        raise ValueError(f"`groups` must have one entry for each of {n_images} images. Received: {len(groups)}.")
    return np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64)


def assign_folds(codes: np.ndarray, groups: np.ndarray, n_folds: int = N_FOLDS) -> np.ndarray:
    """Deal images out to folds: large groups first, each to the fold with fewest images of its labels, then of all.

    Args:
        codes: The label of each image as a number from 0, `(n_images,)`.
        groups: The group of each image, `(n_images,)`. A group is never divided.
        n_folds: How many folds.

    Returns:
        The fold of each image, int64 `(n_images,)`. Each label is spread over the folds as evenly as its groups allow.

    Raises:
        ValueError: If there are fewer groups than folds.
    """
    members = [np.flatnonzero(groups == group) for group in dict.fromkeys(groups.tolist())]
    if len(members) < n_folds:
        raise ValueError(f"{n_folds} folds need at least {n_folds} groups of images. Received: {len(members)}.")
    folds = np.zeros(len(codes), np.int64)
    held = np.zeros((n_folds, int(codes.max()) + 1))
    for rows in sorted(members, key=len, reverse=True):
        counts = np.bincount(codes[rows], minlength=held.shape[1])
        alike = held @ counts
        fold = min(range(n_folds), key=lambda number: (alike[number], held[number].sum(), number))
        held[fold] += counts
        folds[rows] = fold
    return folds
