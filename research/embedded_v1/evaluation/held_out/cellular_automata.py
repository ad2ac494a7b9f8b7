"""Cellular automata on a torus: four elementary rules over time, four plane rules after a while.

Reference:
    Wolfram 1983, Statistical mechanics of cellular automata. Fisch, Gravner & Griffeath 1991, Cyclic cellular automata.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from research.embedded_v1.evaluation.held_out.grids import look_up, pixel_grid, pixels

if TYPE_CHECKING:
    from collections.abc import Callable

N_CELLS = 96
N_CYCLE = 6
"""States of the cyclic automaton."""


def elementary(generator: np.random.Generator, rule: int) -> np.ndarray:
    """Run an elementary automaton from a random row; time runs downwards. The number of the rule is Wolfram's.

    >>> elementary(np.random.default_rng(0), 204).std(axis=0).max()  # rule 204 keeps every cell
    np.float64(0.0)
    """
    table = (rule >> np.arange(8)) & 1
    rows = [generator.integers(0, 2, N_CELLS)]
    for _ in range(2 * N_CELLS - 1):
        rows.append(table[4 * np.roll(rows[-1], 1) + 2 * rows[-1] + np.roll(rows[-1], -1)])
    return np.stack(rows[N_CELLS:])


def _neighbors(cells: np.ndarray) -> np.ndarray:
    """Count the eight neighbours that are 1."""
    rows = np.roll(cells, 1, 0) + cells + np.roll(cells, -1, 0)
    return np.roll(rows, 1, 1) + rows + np.roll(rows, -1, 1) - cells


def _life(generator: np.random.Generator) -> np.ndarray:
    cells = (generator.random((N_CELLS, N_CELLS)) < 0.4).astype(int)
    for _ in range(generator.integers(10, 40)):
        n = _neighbors(cells)
        cells = ((n == 3) | ((n == 2) & (cells == 1))).astype(int)
    return cells


def _twisted_vote(generator: np.random.Generator) -> np.ndarray:
    """Follow the majority of nine, but where it is close, the minority: regions with curved borders."""
    cells = generator.integers(0, 2, (N_CELLS, N_CELLS))
    for _ in range(generator.integers(10, 30)):
        n = _neighbors(cells) + cells
        cells = ((n == 4) | (n >= 6)).astype(int)
    return cells


def _cyclic(generator: np.random.Generator) -> np.ndarray:
    cells = generator.integers(0, N_CYCLE, (N_CELLS, N_CELLS))
    for _ in range(generator.integers(60, 90)):
        after = (cells + 1) % N_CYCLE
        is_eaten = np.any([np.roll(cells, by, axis) == after for axis in (0, 1) for by in (1, -1)], axis=0)
        cells = np.where(is_eaten, after, cells)
    return cells / (N_CYCLE - 1)


def _brain(generator: np.random.Generator) -> np.ndarray:
    """Brian's brain: 2 firing, 1 refractory, 0 ready."""
    cells = generator.integers(0, 3, (N_CELLS, N_CELLS))
    for _ in range(generator.integers(4, 12)):
        is_born = (cells == 0) & (_neighbors((cells == 2).astype(int)) == 2)
        cells = np.where(is_born, 2, np.maximum(cells - 1, 0))
    return cells / 2


RULES: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    partial(elementary, rule=30),
    partial(elementary, rule=54),
    partial(elementary, rule=90),
    partial(elementary, rule=110),
    _life,
    _twisted_vote,
    _cyclic,
    _brain,
)
N_CLASSES = len(RULES)


def draw(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draw the cells of an automaton, 25 to 55 across, at any angle.

    Args:
        generator: Of the start and the view.
        number: Of the rule, 0 to 7.

    Returns:
        float32 `(112, 112)`, 0 to 1.
    """
    cells = RULES[number](generator)
    x, y = pixel_grid(generator, generator.uniform(25, 55), shift=N_CELLS / 2)
    return pixels(look_up(cells.astype(np.float32), np.floor(x).astype(int), np.floor(y).astype(int)))
