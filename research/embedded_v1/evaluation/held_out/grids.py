"""Coordinates of the pixels of a picture that is turned, scaled and shifted at random."""

from __future__ import annotations

import numpy as np

SIDE = 112
SAMPLES = 2  # per pixel and axis, against jagged edges


def pixel_grid(generator: np.random.Generator, width: float, *, shift: float, samples: int = SAMPLES) -> np.ndarray:
    """Give where each sample of a picture lies in the plane.

    Args:
        generator: Of the turn, any angle, and of the shift.
        width: Of the picture, in units of the plane.
        shift: Greatest distance of its centre from the origin along each axis.
        samples: Per pixel and axis.

    Returns:
        float32 `(2, n, n)`, x and y, with n = 112 `samples`.
    """
    steps = (np.arange(SIDE * samples) + 0.5) / (SIDE * samples) - 0.5
    y, x = np.meshgrid(steps * width, steps * width, indexing="ij")
    angle = generator.uniform(0, 2 * np.pi)
    shift_x, shift_y = generator.uniform(-shift, shift, 2)
    turned = (x * np.cos(angle) - y * np.sin(angle) + shift_x, x * np.sin(angle) + y * np.cos(angle) + shift_y)
    return np.stack(turned).astype(np.float32)


def pixels(samples: np.ndarray) -> np.ndarray:
    """Average the samples of each pixel: `(112 n, 112 n)` to `(112, 112)`."""
    n = len(samples) // SIDE
    return samples.reshape(SIDE, n, SIDE, n).mean(axis=(1, 3), dtype=np.float32)


def look_up(table: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Read a table that repeats in both directions at integer places."""
    return table[y % table.shape[0], x % table.shape[1]]
