"""Squares cut from photographs, straight or turned, at the size that descriptors take."""

from __future__ import annotations

import numpy as np
from PIL import Image

from research.embedded_v1.evaluation.held_out.colors import as_rgb, grey, to_uint8
from research.embedded_v1.evaluation.tasks import SIDE, Retrieval, number_of

N_PLACES = 120
N_QUERIES = 2  # a place
PATCH = 96  # pixels
MARGIN = 72  # pixels from the border, so that a turned patch stays inside


def fitted(image: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Resize a square picture: bicubic up, box down by an integer, else Lanczos.

    Args:
        image: uint8 `(n, n)` or `(n, n, 3)`. Not modified.
        side: Wanted, in pixels.
    """
    if len(image) == side:
        return image
    is_integer_shrink = len(image) > side and len(image) % side == 0
    down = Image.Resampling.BOX if is_integer_shrink else Image.Resampling.LANCZOS
    method = Image.Resampling.BICUBIC if len(image) < side else down
    return np.asarray(Image.fromarray(image).resize((side, side), method))


def cut(photograph: np.ndarray, x: float, y: float, width: float, turn: float = 0.0) -> np.ndarray:
    """Cut a square around a point, at 112 x 112 pixels.

    Args:
        photograph: uint8 RGB `(height, width, 3)`. Not modified.
        x: Of the centre, in pixels.
        y: Of the centre, in pixels.
        width: Of the square, in pixels.
        turn: In degrees.
    """
    step, angle = width / SIDE, np.deg2rad(turn)
    cosine, sine, half = step * np.cos(angle), step * np.sin(angle), SIDE / 2
    matrix = (cosine, -sine, x - half * (cosine - sine), sine, cosine, y - half * (sine + cosine))
    picture = Image.fromarray(photograph)
    return np.asarray(picture.transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC))


def china_patches(name: str, seed: int) -> Retrieval:
    """Make grey patches of china.jpg, and altered ones of the same places."""
    photograph = as_rgb(grey(_china()))
    height, width = photograph.shape[:2]
    generator = np.random.default_rng((seed, number_of(name)))
    columns, rows = np.meshgrid(np.linspace(MARGIN, width - MARGIN, 12), np.linspace(MARGIN, height - MARGIN, 10))
    places = np.stack([columns.ravel(), rows.ravel()], axis=1) + generator.uniform(-4, 4, (N_PLACES, 2))
    gallery = [cut(photograph, x, y, PATCH) for x, y in places]
    queries = [_altered(generator, photograph, place) for place in places for _ in range(N_QUERIES)]
    answers = np.repeat(np.arange(N_PLACES), N_QUERIES)
    return Retrieval(name, np.stack([*gallery, *queries]), N_PLACES, answers, answers)


def _altered(generator: np.random.Generator, photograph: np.ndarray, place: np.ndarray) -> np.ndarray:
    x, y = place + generator.uniform(-8, 8, 2)
    patch = cut(photograph, x, y, PATCH * generator.uniform(0.85, 1.18), generator.uniform(-10, 10))
    gamma = np.exp(generator.uniform(np.log(0.7), np.log(1.4)))
    return to_uint8(255 * (patch / 255.0) ** gamma)


def _china() -> np.ndarray:
    from sklearn.datasets import load_sample_image

    return load_sample_image("china.jpg")
