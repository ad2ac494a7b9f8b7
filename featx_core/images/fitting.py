"""Fitting of images to a network's input, and of heatmaps back to the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

FITS = ("crop", "stretch", "pad")
PAD_GREY = 128  # of 255, for the borders of "pad"
_FILTER = Image.Resampling.BICUBIC


@dataclass(frozen=True)
class Placement:
    """Where the fitted frame lies on the original, in shares of the original's width and height.

    Attributes:
        box: `(left, top, right, bottom)`. (0, 0, 1, 1) is the whole picture; "crop" lies inside it, "pad" reaches out of it.
    """

    box: tuple[float, float, float, float]


def place(width: int, height: int, size: tuple[int, int], fit: str) -> Placement:
    """Say where the fitted frame lies on a picture.

    Args:
        width: Of the picture, upright, in pixels.
        height: Of the picture, upright, in pixels.
        size: `(height, width)` that the network receives.
        fit: One of `FITS`.

    Raises:
        ValueError: If `fit` is unknown.

    >>> place(400, 200, (100, 100), "crop").box
    (0.25, 0.0, 0.75, 1.0)
    >>> place(400, 200, (100, 100), "pad").box
    (0.0, -0.5, 1.0, 1.5)
    """
    if fit not in FITS:
        raise ValueError(f"`fit` must be one of {', '.join(FITS)}. Received: {fit!r}.")
    if fit == "stretch":
        return Placement((0.0, 0.0, 1.0, 1.0))
    across, down = size[1] / width, size[0] / height
    if fit == "pad":
        scale = min(across, down)
        left, right = _padded(width * scale, size[1])
        top, bottom = _padded(height * scale, size[0])
        return Placement((left, top, right, bottom))
    scale = max(across, down)
    share_across, share_down = across / scale, down / scale
    return Placement((0.5 - share_across / 2, 0.5 - share_down / 2, 0.5 + share_across / 2, 0.5 + share_down / 2))


def _padded(inner: float, frame: int) -> tuple[float, float]:
    """Say where a frame begins and ends around a picture that lies in its middle, on whole pixels, in shares of it."""
    n_pixels = max(1, round(inner))
    before = (frame - n_pixels) // 2
    return -before / n_pixels, (frame - before) / n_pixels


def fit_image(pixels: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    """Bring a picture to a network's size, antialiased (bicubic).

    Args:
        pixels: uint8 `(height, width, 3)`, RGB. Not modified.
        size: `(height, width)` in pixels.
        fit: "crop" keeps the middle, "stretch" distorts, "pad" keeps all and adds borders of mid-grey (128).

    Returns:
        uint8 `(*size, 3)`.

    Raises:
        ValueError: If `fit` is unknown or `pixels` has another shape or dtype.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(
            f"`pixels` must be uint8 of shape (height, width, 3). Received: {pixels.dtype} of shape {pixels.shape}."
        )
    height, width = pixels.shape[:2]
    left, top, right, bottom = place(width, height, size, fit).box
    image = Image.fromarray(pixels)
    if fit != "pad":
        box = (max(left * width, 0.0), max(top * height, 0.0), min(right * width, width), min(bottom * height, height))
        return np.asarray(_resized(image, (size[1], size[0]), box))
    inner = (max(1, round(size[1] / (right - left))), max(1, round(size[0] / (bottom - top))))
    frame = Image.new("RGB", (size[1], size[0]), (PAD_GREY,) * 3)
    frame.paste(_resized(image, inner, None), ((size[1] - inner[0]) // 2, (size[0] - inner[1]) // 2))
    return np.asarray(frame)


def _resized(image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None) -> Image.Image:
    return image.resize(size, _FILTER, box=box, reducing_gap=2.0)


def to_original(grid: np.ndarray, placement: Placement, width: int, height: int) -> np.ndarray:
    """Lay a map over the fitted frame on the original picture, bilinearly.

    Args:
        grid: float `(grid_height, grid_width)`, spread evenly over the fitted frame. Not modified.
        placement: Where that frame lies, from `place`.
        width: Of the result, in pixels.
        height: Of the result, in pixels.

    Returns:
        float32 `(height, width)`; NaN where the frame does not reach.
    """
    left, top, right, bottom = placement.box
    across = _weights(grid.shape[1], left, right, width)
    down = _weights(grid.shape[0], top, bottom, height)
    return np.asarray((down @ grid.astype(np.float32) @ across.T).astype(np.float32))


def _weights(n_cells: int, start: float, end: float, n_pixels: int) -> np.ndarray:
    """Give the share of each cell in each pixel along one axis, `(n_pixels, n_cells)`; NaN rows outside the frame."""
    share = ((np.arange(n_pixels) + 0.5) / n_pixels - start) / (end - start)
    position = np.clip(share * n_cells - 0.5, 0, n_cells - 1)
    lower = np.floor(position).astype(int)
    upper = np.minimum(lower + 1, n_cells - 1)
    weights = np.zeros((n_pixels, n_cells), np.float32)
    np.add.at(weights, (np.arange(n_pixels), lower), 1 - (position - lower))
    np.add.at(weights, (np.arange(n_pixels), upper), position - lower)
    weights[(share < 0) | (share > 1)] = np.nan
    return weights
