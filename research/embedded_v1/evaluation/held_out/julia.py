"""Julia sets: how soon `z -> z^2 + c` escapes, a class for each c."""

from __future__ import annotations

import numpy as np

from research.embedded_v1.evaluation.held_out.grids import pixel_grid, pixels

CONSTANTS = (
    -0.8 + 0.156j,
    0.285 + 0.01j,
    -0.4 + 0.6j,
    -0.835 - 0.2321j,
    -0.123 + 0.745j,
    0.38 + 0.25j,
    -1.0 + 0.3j,
    1j,
)
N_CLASSES = len(CONSTANTS)
N_STEPS = 48
ESCAPE_RADIUS = 16.0
LEAST_DEVIATION = 0.08
"""Of the values of a picture: views with less show nearly nothing, and another is drawn."""

MOST_TRIES = 50


def draw(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draw part of a Julia set, anywhere near its border, 0.8 to 2.6 wide, at any angle.

    Args:
        generator: Of the view.
        number: Of the constant, 0 to 7.

    Returns:
        float32 `(112, 112)`, 0 to 1.
    """
    for _ in range(MOST_TRIES):
        x, y = pixel_grid(generator, generator.uniform(0.8, 2.6), shift=0.6, samples=1)
        picture = pixels(_escape(x + 1j * y, CONSTANTS[number]))
        if picture.std() > LEAST_DEVIATION:
            break
    return picture


def _escape(z: np.ndarray, constant: complex) -> np.ndarray:
    """Count smoothly until escape, as the square root of a share of the steps; 1 inside."""
    count = np.full(z.shape, N_STEPS, np.float32)
    is_inside = np.ones(z.shape, bool)
    for step in range(N_STEPS):
        z = np.where(is_inside, z * z + np.complex64(constant), z)
        has_escaped = is_inside & (abs(z) > ESCAPE_RADIUS)
        count[has_escaped] = step + 1 - np.log2(np.log(abs(z[has_escaped])) / np.log(ESCAPE_RADIUS))
        is_inside &= ~has_escaped
    return np.sqrt(np.clip(count / N_STEPS, 0, 1))
