"""Reaction and diffusion (Gray-Scott), a class for each pair of feed and kill rate.

Reference:
    Pearson 1993, Complex patterns in a simple system, Science 261.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from research.embedded_v1.evaluation.held_out.grids import pixel_grid, pixels

RATES = (
    (0.0545, 0.062),
    (0.0367, 0.0649),
    (0.029, 0.057),
    (0.039, 0.058),
    (0.026, 0.051),
    (0.03, 0.062),
    (0.022, 0.051),
    (0.078, 0.061),
)
"""Feed and kill."""

N_CLASSES = len(RATES)
N_CELLS = 80
N_STEPS = 3000
DIFFUSION = (0.16, 0.08)  # cells squared a step


def simulate(generator: np.random.Generator, n_each: int, n_steps: int = N_STEPS) -> np.ndarray:
    """Run all classes at once on a torus, from random squares.

    Args:
        generator: Of the squares.
        n_each: Simulations a class.
        n_steps: Of time 1.

    Returns:
        float32 `(8, n_each, 80, 80)`: the second substance, 0 to 1 over each simulation.
    """
    feed, kill = (np.repeat(rate, n_each).astype(np.float32)[:, None, None] for rate in np.transpose(RATES))
    u = np.ones((N_CLASSES * n_each, N_CELLS, N_CELLS), np.float32)
    v = np.zeros_like(u)
    for cells in v:
        for row, column in generator.integers(0, N_CELLS - 8, (12, 2)):
            cells[row : row + 8, column : column + 8] = 0.5
    u -= v
    v += generator.uniform(0, 0.05, v.shape).astype(np.float32)
    for _ in range(n_steps):
        reaction = u * v * v
        u += DIFFUSION[0] * _laplacian(u) - reaction + feed * (1 - u)
        v += DIFFUSION[1] * _laplacian(v) + reaction - (feed + kill) * v
    low, high = (extreme(v, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
    scaled = (v - low) / np.maximum(high - low, np.finfo(np.float32).tiny)
    return scaled.reshape(N_CLASSES, n_each, N_CELLS, N_CELLS)


def view(generator: np.random.Generator, cells: np.ndarray) -> np.ndarray:
    """Look at 35 to 65 cells of a simulation, from anywhere and at any angle.

    Returns:
        float32 `(112, 112)`, 0 to 1.
    """
    x, y = pixel_grid(generator, generator.uniform(35, 65), shift=N_CELLS / 2, samples=1)
    return np.clip(pixels(map_coordinates(cells, (y, x), order=1, mode="grid-wrap")), 0, 1)


def _laplacian(values: np.ndarray) -> np.ndarray:
    sides = np.roll(values, 1, 1) + np.roll(values, -1, 1) + np.roll(values, 1, 2) + np.roll(values, -1, 2)
    return sides - 4 * values
