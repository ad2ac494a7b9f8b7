"""Moire: two gratings over each other, a class for each pair of kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from research.embedded_v1.evaluation.held_out.grids import SAMPLES, SIDE, pixel_grid, pixels

if TYPE_CHECKING:
    from collections.abc import Callable


def _lines(x: np.ndarray, y: np.ndarray, frequency: float) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * x)


def _circles(x: np.ndarray, y: np.ndarray, frequency: float) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.hypot(x, y))


def _rays(x: np.ndarray, y: np.ndarray, frequency: float) -> np.ndarray:
    return np.sin(2 * np.round(2 * frequency) * np.arctan2(y, x))


def _mesh(x: np.ndarray, y: np.ndarray, frequency: float) -> np.ndarray:
    return np.maximum(_lines(x, y, frequency), _lines(y, x, frequency))


def _dots(x: np.ndarray, y: np.ndarray, frequency: float) -> np.ndarray:
    """Lay a hexagonal lattice: three waves at 120 degrees."""
    waves = [np.cos(2 * np.pi * frequency * (x * np.cos(a) + y * np.sin(a))) for a in (0, 2 * np.pi / 3, 4 * np.pi / 3)]
    return np.sum(waves, axis=0) / 1.5 - 0.2


PAIRS: tuple[tuple[Callable[[np.ndarray, np.ndarray, float], np.ndarray], ...], ...] = (
    (_lines, _lines),
    (_circles, _circles),
    (_rays, _rays),
    (_lines, _circles),
    (_lines, _rays),
    (_circles, _rays),
    (_mesh, _mesh),
    (_dots, _dots),
)
N_CLASSES = len(PAIRS)
SHARPNESS = 4.0


def draw(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draw two gratings of 8 to 16 periods across, the second up to 20 % finer or coarser.

    Args:
        generator: Of angles, centres and periods.
        number: Of the pair, 0 to 7.

    Returns:
        float32 `(112, 112)`, 0 to 1.
    """
    frequency = generator.uniform(8, 16)
    values = np.ones((SIDE * SAMPLES, SIDE * SAMPLES), np.float32)
    for grating in PAIRS[number]:
        x, y = pixel_grid(generator, 1.0, shift=0.3)
        wave = grating(x, y, frequency * generator.uniform(0.8, 1.2))
        values = values / (1 + np.exp(-SHARPNESS * wave))
    return pixels(values)
