"""Access to images to explain, whether records of a workspace or arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor


def pixels_of(image: ImageRecord | np.ndarray, *, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """Return the upright RGB pixels, uint8 `(height, width, 3)`.

    Args:
        image: A record, or such an array itself.
        at_least: `(height, width)` that are enough, so that a large JPEG of a record is decoded fast at a smaller size.

    Raises:
        ValueError: If an array has another shape or dtype.
    """
    if not isinstance(image, np.ndarray):
        return image.pixels(at_least=at_least)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] != 3 or not image.size:
        raise ValueError(
            "`image` must be a record of a workspace or uint8 `(height, width, 3)` RGB. "
            f"Received: {image.dtype} {image.shape}. Take one image of a stack with `stack[0]`."
        )
    return image


def shown_of(image: ImageRecord | np.ndarray, *, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """Return the pixels as `pixels_of` does, to lay something on: those of its thumbnail where its file is gone."""
    return pixels_of(image) if isinstance(image, np.ndarray) else image.shown_pixels(at_least=at_least)


def fitted_of(image: ImageRecord | np.ndarray, extractor: Extractor) -> np.ndarray:
    """Return an image as the network of an extractor receives it, uint8 `(*extractor.image_size, 3)`."""
    if isinstance(image, np.ndarray):
        return extractor.fit_image(pixels_of(image))
    return image.fitted(extractor.image_size, extractor.fit)


def size_of(image: ImageRecord | np.ndarray) -> tuple[int, int]:
    """Return width and height of the original, upright, in pixels."""
    if isinstance(image, np.ndarray):
        return image.shape[1], image.shape[0]
    return image.width, image.height
