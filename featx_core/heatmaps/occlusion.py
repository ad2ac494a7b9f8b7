"""Occlusion: how much a target falls when a part of the image is hidden. It needs no gradients and no layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CELLS = 14
"""Along each side, as many as a usual network has at its last layer but one; fewer where an image has fewer pixels."""

CELLS_AT_A_TIME = 4 * CELLS

NOISE = 1e-5
"""A fall below this share of the score is rounding of float32."""


def occlusion(fitted: np.ndarray, score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Hide one square after another behind the mean colour of the image, and note by how much the score falls.

    The image is divided into `CELLS` cells along each side. Around each cell a square of twice its side is hidden, so that
    neighbouring squares overlap by half.

    Args:
        fitted: The image as the network receives it, uint8 `(height, width, 3)`. Not modified.
        score: From such images, `(n_images, height, width, 3)`, to one number each. May raise `Cancelled`.

    Returns:
        float64 `(n_cells, n_cells)`: 0 where the score does not fall.

    Reference:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, arXiv:1311.2901, section 4.2.
        There the square is grey.
    """
    whole = score(fitted[np.newaxis])[0]
    color = fitted.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
    down, across = (_windows(side) for side in fitted.shape[:2])
    windows = [(rows, columns) for rows in down for columns in across]
    scores = []
    for start in range(0, len(windows), CELLS_AT_A_TIME):
        hidden = np.stack([_hidden(fitted, window, color) for window in windows[start : start + CELLS_AT_A_TIME]])
        scores.append(score(hidden))
    drops = (whole - np.concatenate(scores)).reshape(len(down), len(across))
    noise = NOISE * max(abs(whole), float(np.abs(drops).max(initial=0.0)))
    return np.where(np.abs(drops) <= noise, 0.0, np.maximum(drops, 0.0))


def _windows(side: int) -> list[slice]:
    n_cells = min(CELLS, side)
    edges = [(2 * cell + step) * side / (2 * n_cells) for cell in range(n_cells) for step in (-1, 3)]
    bounds = np.clip(np.rint(edges), 0, side).astype(int).reshape(-1, 2)
    return [slice(int(start), int(end)) for start, end in bounds]


def _hidden(fitted: np.ndarray, window: tuple[slice, slice], color: np.ndarray) -> np.ndarray:
    changed = fitted.copy()
    changed[window] = color
    return changed
