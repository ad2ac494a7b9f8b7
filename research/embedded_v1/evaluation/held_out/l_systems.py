"""L-systems drawn by a turtle, a class for each grammar.

Reference:
    Prusinkiewicz & Lindenmayer 1990, The Algorithmic Beauty of Plants, chapter 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from research.embedded_v1.evaluation.held_out.grids import SIDE, pixels

SAMPLES = 3  # per pixel and axis


@dataclass(frozen=True)
class Grammar:
    """What grows.

    Args:
        axiom: The start.
        rules: What each letter becomes.
        turn: Of + and -, in degrees.
        depths: How often the rules apply, the least and the most.
        forward: Letters at which the turtle draws.
    """

    axiom: str
    rules: Mapping[str, str]
    turn: float
    depths: tuple[int, int]
    forward: str = "F"


GRAMMARS = (
    Grammar("F--F--F", {"F": "F+F--F+F"}, 60, (2, 3)),  # Koch snowflake
    Grammar("FX", {"X": "X+YF+", "Y": "-FX-Y"}, 90, (7, 9)),  # dragon
    Grammar("A", {"A": "B-A-B", "B": "A+B+A"}, 60, (4, 6), "AB"),  # Sierpinski
    Grammar("A", {"A": "+BF-AFA-FB+", "B": "-AF+BFB+FA-"}, 90, (3, 4)),  # Hilbert
    Grammar("A", {"A": "A-B--B+A++AA+B-", "B": "+A-BB--B-A++A+B"}, 60, (2, 3), "AB"),  # Gosper
    Grammar("X", {"X": "F+[[X]-X]-F[-FX]+X", "F": "FF"}, 25, (3, 5)),  # plant
    Grammar("F", {"F": "FF+[+F-F-F]-[-F+F+F]"}, 22.5, (2, 3)),  # bush
    Grammar("F-F-F-F", {"F": "F-F+F+FF-F-F+F"}, 90, (1, 2)),  # quadratic Koch island
)
N_CLASSES = len(GRAMMARS)


def grow(grammar: Grammar, depth: int) -> str:
    """Apply the rules.

    >>> grow(Grammar("F", {"F": "F+F"}, 90, (1, 1)), 2)
    'F+F+F+F'
    """
    word = grammar.axiom
    for _ in range(depth):
        word = "".join(grammar.rules.get(letter, letter) for letter in word)
    return word


def draw(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draw the lines of a grammar, 55 to 90 % of the picture, at any angle.

    Args:
        generator: Of depth, place, width of the line, and a jitter of the turns.
        number: Of the grammar, 0 to 7.

    Returns:
        float32 `(112, 112)`, 0 to 1.
    """
    grammar = GRAMMARS[number]
    depth = int(generator.integers(grammar.depths[0], grammar.depths[1] + 1))
    turn = np.deg2rad(grammar.turn + generator.uniform(-2, 2))
    lines = _walk(grow(grammar, depth), turn, generator.uniform(0, 2 * np.pi), grammar.forward)
    low, high = lines.min(axis=(0, 1)), lines.max(axis=(0, 1))
    side = SIDE * SAMPLES
    scale = generator.uniform(0.55, 0.9) * side / (high - low).max()
    corner = generator.uniform(0.03, 0.97, 2) * (side - (high - low) * scale)
    placed = (lines - low) * scale + corner
    picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    width = round(generator.uniform(1, 2.5) * SAMPLES)
    for start, end in placed:
        pen.line([tuple(start), tuple(end)], fill=255, width=width)
    return pixels(np.asarray(picture, np.float32) / 255)


def _walk(word: str, turn: float, heading: float, forward: str) -> np.ndarray:
    """Follow the turtle: float `(n_lines, 2, 2)`, start and end of each line."""
    place, lines, stack = np.zeros(2), [], []
    for letter in word:
        if letter in forward:
            after = place + np.array([np.cos(heading), np.sin(heading)])
            lines.append((place, after))
            place = after
        elif letter in "+-":
            heading += turn if letter == "+" else -turn
        elif letter == "[":
            stack.append((place, heading))
        elif letter == "]":
            place, heading = stack.pop()
    return np.array(lines)
