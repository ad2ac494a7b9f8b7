"""Generated images of shapes and textures: one class each, with colours shared by all classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

SIDE = 160  # pixels
_EDGE = 1.6 / SIDE  # width of the soft border of a shape, in shares of the image
_PALETTE = np.array(
    [
        [230, 97, 76], [244, 162, 76], [240, 205, 100], [122, 178, 96], [64, 150, 140],
        [70, 130, 190], [110, 96, 178], [190, 96, 150], [238, 232, 220], [48, 56, 74],
    ],
    dtype=np.float32,
)  # fmt: skip


def draw(label: str, *, seed: int) -> np.ndarray:
    """Draw one image.

    Args:
        label: A key of `CLASSES`.
        seed: Place, size, turn, colours and ground follow from it.

    Returns:
        uint8 `(160, 160, 3)`, RGB.
    """
    rng = np.random.default_rng(seed)
    x, y = _turned_grid(rng)
    cover = CLASSES[label](x, y, rng)
    first, second, ground = _PALETTE[rng.permutation(len(_PALETTE))[:3]]
    light = 1 + 0.16 * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1))
    front = (first + 0.35 * (second - first) * _ramp(x, y, rng)[..., None]) * light[..., None]
    back = ground + (_clouds(rng) * rng.uniform(10, 34))[..., None]
    shade = _shifted(cover, 5)[..., None] * 0.28
    pixels = back * (1 - shade) * (1 - cover[..., None]) + front * cover[..., None]
    pixels += rng.normal(0, 3.0, (SIDE, SIDE, 1))
    return np.asarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _turned_grid(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates from -1 to 1, moved, turned and scaled at random."""
    axis = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = np.meshgrid(axis, axis)
    angle, scale = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.5)
    x, y = (x - rng.uniform(-0.28, 0.28)) * scale, (y - rng.uniform(-0.28, 0.28)) * scale
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


def _inside(distance: np.ndarray) -> np.ndarray:
    """Turn a signed distance (negative inside) into a cover from 0 to 1 with a soft border."""
    return np.clip(0.5 - distance / (2 * _EDGE * 2), 0, 1)


def _disc(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _inside(np.hypot(x, y * rng.uniform(0.9, 1.15)) - 0.6)


def _ring(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _inside(np.abs(np.hypot(x, y) - 0.52) - rng.uniform(0.08, 0.17))


def _triangle(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _inside(_polygon(x, y, 3) - rng.uniform(0.34, 0.4))


def _star(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n_points = int(rng.integers(5, 8))
    angle = np.mod(np.arctan2(y, x), 2 * np.pi / n_points) - np.pi / n_points
    wave = np.abs(angle) * n_points / np.pi
    return _inside(np.hypot(x, y) - (0.32 + 0.42 * wave**1.4))


def _stripes(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _wave_cover(x * rng.uniform(3, 6.5))


def _checks(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    pace = rng.uniform(2.2, 4.2)
    across, down = _wave_cover(x * pace), _wave_cover(y * pace)
    return np.asarray(across * down + (1 - across) * (1 - down))


def _dots(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    pace = rng.uniform(3, 5.5)
    u, v = np.mod(x * pace, 1) - 0.5, np.mod(y * pace, 1) - 0.5
    return _inside((np.hypot(u, v) - rng.uniform(0.2, 0.32)) / pace)


def _waves(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    bend = rng.uniform(0.1, 0.2) * np.sin(y * rng.uniform(6, 10))
    return _wave_cover((x + bend) * rng.uniform(3, 5.5))


def _polygon(x: np.ndarray, y: np.ndarray, n_sides: int) -> np.ndarray:
    angle = np.mod(np.arctan2(y, x), 2 * np.pi / n_sides) - np.pi / n_sides
    return np.asarray(np.hypot(x, y) * np.cos(angle))


def _wave_cover(phase: np.ndarray) -> np.ndarray:
    return np.clip(0.5 + np.sin(2 * np.pi * phase) * 4, 0, 1)


def _ramp(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(0.5 + rng.uniform(-0.6, 0.6) * x + rng.uniform(-0.6, 0.6) * y, 0, 1)


def _clouds(rng: np.random.Generator) -> np.ndarray:
    """Smooth noise from -1 to 1, the sum of three octaves."""
    from PIL import Image

    total = np.zeros((SIDE, SIDE), np.float32)
    for cells, weight in ((3, 0.6), (7, 0.3), (17, 0.15)):
        coarse = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
        total += weight * np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return total


def _shifted(cover: np.ndarray, step: int) -> np.ndarray:
    """A soft shadow: the cover, moved down and to the right."""
    moved = np.zeros_like(cover)
    moved[step:, step:] = cover[:-step, :-step]
    return moved


CLASSES: Mapping[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = MappingProxyType(
    {
        "disc": _disc,
        "ring": _ring,
        "triangle": _triangle,
        "star": _star,
        "stripes": _stripes,
        "checks": _checks,
        "dots": _dots,
        "waves": _waves,
    }
)
