"""Six ways to alter a picture so that a person still knows it for the same."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from research.embedded_v1.evaluation.held_out.colors import to_uint8
from research.embedded_v1.evaluation.patches import cut
from research.embedded_v1.evaluation.tasks import SIDE

CENTRE = SIDE / 2


def _turn(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    sign = generator.choice((-1, 1))
    padded = np.pad(image, ((SIDE, SIDE), (SIDE, SIDE), (0, 0)), mode="reflect")
    return cut(padded, CENTRE + SIDE, CENTRE + SIDE, SIDE, sign * generator.uniform(10, 25))


def _zoom(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    width = SIDE / generator.uniform(1.2, 1.5)
    x, y = generator.uniform(width / 2, SIDE - width / 2, 2)
    return cut(image, x, y, width)


def _color(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    gamma = generator.uniform(0.6, 1.6)
    return to_uint8(255 * (image / 255.0) ** gamma * generator.uniform(0.6, 1.4, 3))


def _blur_and_jpeg(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    blurred = Image.fromarray(image).filter(ImageFilter.GaussianBlur(generator.uniform(1.5, 2.5)))
    file = BytesIO()
    blurred.save(file, "JPEG", quality=10)
    return np.asarray(Image.open(file).convert("RGB"))


def _noise(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    return to_uint8(image + generator.normal(size=image.shape) * generator.uniform(20, 35))


def _cover(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    side, covered = round(0.4 * SIDE), image.copy()  # 16 % of the area
    top, left = generator.integers(0, SIDE - side + 1, 2)
    covered[top : top + side, left : left + side] = 128
    return covered


ALTERATIONS: tuple[Callable[[np.random.Generator, np.ndarray], np.ndarray], ...] = (
    _turn,
    _zoom,
    _color,
    _blur_and_jpeg,
    _noise,
    _cover,
)
"""Each takes and gives uint8 RGB `(112, 112, 3)`; the picture that it takes is not modified."""
