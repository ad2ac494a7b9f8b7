"""Digits in the wild: scikit-learn's, anywhere, turned, scaled, coloured, on a ground with texture."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image

from research.embedded_v1.evaluation.held_out import cellular_automata, julia, moire, truchet
from research.embedded_v1.evaluation.held_out.colors import to_uint8, two_colors
from research.embedded_v1.evaluation.picture_cache import kept
from research.embedded_v1.evaluation.tasks import SIDE, Classification, halves, number_of

FAMILIES = (truchet, julia, cellular_automata, moire)
N_FOR_DEVELOPMENT = 898
N_RENDERINGS = 2
GROUND_DEVIATION = 35.0  # levels, at most
MOST_TURN = 15.0  # degrees


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Read scikit-learn's digits: float32 `(1797, 8, 8)`, 0 to 1, and their classes."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return (bunch.images / 16).astype(np.float32), bunch.target


def pools() -> tuple[np.ndarray, np.ndarray]:
    """Give the rows of the digits that are for development, and those that are kept for the test."""
    order = np.random.default_rng(0).permutation(len(digits()[0]))
    return order[:N_FOR_DEVELOPMENT], order[N_FOR_DEVELOPMENT:]


def wild_digits(name: str, rows: np.ndarray, seed: int, n_train: int | None = None) -> Classification:
    """Render each digit twice; half of the digits of each class are to train on.

    Args:
        name: Of the task.
        rows: Of the digits.
        seed: Of the suite.
        n_train: Digits of each class to train on; None for half.
    """
    classes = digits()[1][rows]
    train, test = halves(np.random.default_rng((seed, number_of(name))), classes, n_train)
    images = kept(
        name,
        seed,
        lambda: [
            render(np.random.default_rng((seed, number_of(name), row, rendering)), digits()[0][row])
            for row in rows
            for rendering in range(N_RENDERINGS)
        ],
    )
    twice = [np.concatenate([part * N_RENDERINGS + i for i in range(N_RENDERINGS)]) for part in (train, test)]
    groups = np.repeat(np.arange(len(rows)), N_RENDERINGS)
    return Classification(name, images, classes.repeat(N_RENDERINGS), ((twice[0], twice[1]),), groups)


def render(generator: np.random.Generator, digit: np.ndarray) -> np.ndarray:
    """Draw one digit on one ground, uint8 `(112, 112, 3)`."""
    ground_color, digit_color = two_colors(generator)
    family = FAMILIES[generator.integers(len(FAMILIES))]
    texture = family.draw(generator, int(generator.integers(family.N_CLASSES)))
    deviation = generator.uniform(0.2, 1) * GROUND_DEVIATION
    texture = (texture - texture.mean()) * min(deviation / max(float(texture.std()), 1e-3), 120.0)
    ground = ground_color + texture[..., None]
    cover = _placed(generator, digit)[..., None]
    return to_uint8(ground * (1 - cover) + digit_color * cover)


def _placed(generator: np.random.Generator, digit: np.ndarray) -> np.ndarray:
    """Enlarge, turn and place a digit somewhere on an empty picture, float32 `(112, 112)`, 0 to 1."""
    side = int(generator.uniform(0.45, 0.8) * SIDE)
    margin = np.pad(digit, 1)  # so that corners survive the turn
    picture = Image.fromarray(margin).resize((side, side), Image.Resampling.BICUBIC)
    turned = picture.rotate(generator.uniform(-MOST_TURN, MOST_TURN), Image.Resampling.BICUBIC)
    top, left = generator.integers(0, SIDE - side + 1, 2)
    canvas = np.zeros((SIDE, SIDE), np.float32)
    canvas[top : top + side, left : left + side] = np.clip(np.asarray(turned), 0, 1)
    return canvas
