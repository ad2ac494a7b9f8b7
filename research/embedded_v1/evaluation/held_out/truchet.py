"""Truchet tilings: one motif, each tile turned at random.

Reference:
    Smith 1987, The tiling patterns of Sebastien Truchet and the topology of structural hierarchy, Leonardo 20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from research.embedded_v1.evaluation.held_out.grids import look_up, pixel_grid, pixels

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = 0.12
"""Half the width of a line, in tiles."""

N_TILES = 32


def _arcs(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return (abs(np.hypot(u, v) - 0.5) < LINE) | (abs(np.hypot(1 - u, 1 - v) - 0.5) < LINE)


def _double_arcs(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    radii = (np.hypot(u, v), np.hypot(1 - u, 1 - v))
    return np.any([abs(radius - at) < LINE / 2 for radius in radii for at in (1 / 3, 2 / 3)], axis=0)


def _corner_disks(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.minimum(np.hypot(u, v), np.hypot(1 - u, 1 - v)) < 0.5


def _tee(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return (abs(v - 0.5) < LINE) | ((abs(u - 0.5) < LINE) & (v < 0.5))


MOTIFS: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (
    _arcs,
    _double_arcs,
    _corner_disks,
    _tee,
    lambda u, v: abs(u - v) < 1.4 * LINE,  # a diagonal line
    lambda u, v: u > v,  # a triangle
    lambda u, v: np.hypot(u, v) < 0.9,  # a quarter of a disk
    lambda u, v: v < 0.5,  # half a square
)
N_CLASSES = len(MOTIFS)


def draw(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draw a tiling of 4 to 9 tiles across.

    Args:
        generator: Of everything but the motif.
        number: Of the motif, 0 to 7.

    Returns:
        float32 `(112, 112)`, 0 to 1.
    """
    x, y = pixel_grid(generator, generator.uniform(4, 9), shift=4.0)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - column, y - row
    quarters = look_up(generator.integers(0, 4, (N_TILES, N_TILES)), column, row)
    turned_u = np.choose(quarters, (u, v, 1 - u, 1 - v))
    turned_v = np.choose(quarters, (v, 1 - u, 1 - v, u))
    return pixels(MOTIFS[number](turned_u, turned_v))
