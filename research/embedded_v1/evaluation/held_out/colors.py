"""Random colours that say nothing about the class: every held-out family draws from here."""

from __future__ import annotations

import numpy as np

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
MOST_TRIES = 1000


def grey(images: np.ndarray) -> np.ndarray:
    """Give the luminance of RGB pictures.

    Args:
        images: `(..., 3)`, 0 to 255. Not modified.

    Returns:
        float32 `(...)`, 0 to 255.
    """
    return images.astype(np.float32) @ LUMINANCE


def as_rgb(values: np.ndarray) -> np.ndarray:
    """Repeat grey values, 0 to 255, as three equal channels, uint8 `(..., 3)`."""
    return np.repeat(to_uint8(values)[..., None], 3, axis=-1)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Round to the nearest integer within 0 to 255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def two_colors(generator: np.random.Generator, difference: float = 60.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw two RGB colours whose luminances differ by at least `difference` levels, float32 `(3,)` each.

    Raises:
        ValueError: If no such pair turns up.
    """
    for _ in range(MOST_TRIES):
        first, second = generator.uniform(0, 255, (2, 3)).astype(np.float32)
        if abs(float(first @ LUMINANCE) - float(second @ LUMINANCE)) >= difference:
            return first, second
    raise ValueError(f"No two colours found whose luminances differ by {difference} levels. At most 255 is possible.")


def colored(generator: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Colour a picture of one channel along a random path between two colours, by way of a third in a third of the cases.

    Args:
        generator: Of the colours.
        values: float `(height, width)`, 0 to 1. Not modified.

    Returns:
        uint8 RGB `(height, width, 3)`.
    """
    first, last = two_colors(generator)
    middle = (first + last) / 2
    if generator.random() < 1 / 3:
        middle = generator.uniform(0, 255, 3).astype(np.float32)
    channels = [np.interp(values, (0, 0.5, 1), stops) for stops in zip(first, middle, last, strict=True)]
    return to_uint8(np.stack(channels, axis=-1))
