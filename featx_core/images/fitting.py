"""Fitting of images to a network's input, and of heatmaps back to the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from PIL import Image

Fit = Literal["crop", "stretch", "pad", "resize_crop"]
FITS: tuple[Fit, ...] = get_args(Fit)
PAD_GREY = 128  # of 255, for the borders of "pad"
RESIZE = (256, 224)
"""How far "resize_crop" scales the shorter side, and which part of that the network receives: torchvision's usual preset."""

MAX_RESIZED_PIXELS = 2**26
"""Beyond this a very elongated image is not resized whole, so that memory stays bounded."""

Box = tuple[float, float, float, float]

_FILTER = Image.Resampling.BICUBIC


@dataclass(frozen=True)
class Placement:
    """Where the fitted frame lies on the original, in shares of the original's width and height.

    Attributes:
        box: `(left, top, right, bottom)`. (0, 0, 1, 1) is the whole image; "crop" and "resize_crop" lie inside it,
            "pad" reaches out of it.
    """

    box: Box


@dataclass(frozen=True)
class Cells:
    """Where the cells of a map lie on the fitted frame, in shares of its height and width.

    Attributes:
        first: `(down, across)`: the centre of the first row, and of the first column.
        step: `(down, across)`: from the centre of one row, or column, to that of the next.
    """

    first: tuple[float, float]
    step: tuple[float, float]

    @classmethod
    def evenly(cls, n_rows: int, n_columns: int) -> Cells:
        """Spread cells that touch over the whole frame, as pixels are.

        >>> Cells.evenly(2, 4)
        Cells(first=(0.25, 0.125), step=(0.5, 0.25))
        """
        return cls((0.5 / n_rows, 0.5 / n_columns), (1 / n_rows, 1 / n_columns))

    def centre(self, row: float, column: float) -> tuple[float, float]:
        """Return the centre of a cell, `(down, across)`."""
        return self.first[0] + row * self.step[0], self.first[1] + column * self.step[1]


def place(width: int, height: int, size: tuple[int, int], fit: str) -> Placement:
    """Say where the fitted frame lies on an image.

    Args:
        width: Of the image, upright, in pixels.
        height: Of the image, upright, in pixels.
        size: `(height, width)` that the network receives.
        fit: One of `FITS`.

    Raises:
        ValueError: If `fit` is unknown.

    >>> place(400, 200, (100, 100), "crop").box
    (0.25, 0.0, 0.75, 1.0)
    >>> place(400, 200, (100, 100), "pad").box
    (0.0, -0.5, 1.0, 1.5)
    >>> place(400, 200, (224, 224), "resize_crop").box
    (0.28125, 0.0625, 0.71875, 0.9375)
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
    if fit == "resize_crop":
        return _middle_of_larger(width, height, size)
    scale = max(across, down)
    share_across, share_down = across / scale, down / scale
    return Placement((0.5 - share_across / 2, 0.5 - share_down / 2, 0.5 + share_across / 2, 0.5 + share_down / 2))


def _padded(inner: float, frame: int) -> tuple[float, float]:
    """Say where a frame begins and ends around an image that lies in its middle, on whole pixels, in shares of it."""
    n_pixels = max(1, round(inner))
    before = (frame - n_pixels) // 2
    return -before / n_pixels, (frame - before) / n_pixels


def _middle_of_larger(width: int, height: int, size: tuple[int, int]) -> Placement:
    """Place the frame as torchvision's `Resize` and `CenterCrop` do, on whole pixels of the resized image."""
    frame_height, frame_width = size
    if frame_width * height <= frame_height * width:  # the height is the side that counts
        n_down = round(frame_height * RESIZE[0] / RESIZE[1])
        n_across = max(frame_width, int(n_down * width / height))
    else:
        n_across = round(frame_width * RESIZE[0] / RESIZE[1])
        n_down = max(frame_height, int(n_across * height / width))
    left, top = round((n_across - frame_width) / 2), round((n_down - frame_height) / 2)
    return Placement((left / n_across, top / n_down, (left + frame_width) / n_across, (top + frame_height) / n_down))


def fit_image(pixels: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    """Bring an image to a network's size, antialiased: bicubic, but bilinear for "resize_crop", as in torchvision.

    Args:
        pixels: uint8 `(height, width, 3)`, RGB. Not modified.
        size: `(height, width)` in pixels.
        fit: "crop" keeps the middle, "stretch" distorts, "pad" keeps all and adds borders of mid-grey (128). "resize_crop"
            keeps a smaller middle, as torchvision's presets do: it scales the shorter side to 256/224 of the frame and cuts
            the frame out of that.

    Returns:
        uint8 `(*size, 3)`.

    Raises:
        ValueError: If `fit` is unknown or `pixels` has another shape or dtype.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(
            f"`pixels` must be uint8 of shape (height, width, 3). Received: {pixels.dtype} of shape {pixels.shape}."
        )
    return fit_picture(Image.fromarray(pixels), size, fit)


def fit_picture(image: Image.Image, size: tuple[int, int], fit: str) -> np.ndarray:
    """Bring an image of mode RGB to a network's size, as `fit_image` does with its pixels."""
    box = place(image.width, image.height, size, fit).box
    return np.asarray({"pad": _bordered, "resize_crop": _cut_out}.get(fit, _cropped)(image, size, box))


def _cropped(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    """Resize the part of an image that lies in a box, which may be all of it."""
    return image.resize((size[1], size[0]), _FILTER, box=_in_pixels(box, image), reducing_gap=2.0)


def _bordered(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    """Resize a whole image and set it into the middle of a grey frame."""
    width, height = _whole(size, box)
    frame = Image.new("RGB", (size[1], size[0]), (PAD_GREY,) * 3)
    frame.paste(
        image.resize((width, height), _FILTER, reducing_gap=2.0), ((size[1] - width) // 2, (size[0] - height) // 2)
    )
    return frame


def _cut_out(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    """Resize a whole image and cut the frame out of it, pixel by pixel what torchvision gives.

    One that would become too large is resized where the frame lies alone, which gives the same to two levels of 255.
    """
    width, height = _whole(size, box)
    if width * height > MAX_RESIZED_PIXELS:
        return image.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=_in_pixels(box, image))
    left, top = round(box[0] * width), round(box[1] * height)
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return resized.crop((left, top, left + size[1], top + size[0]))


def _whole(size: tuple[int, int], box: Box) -> tuple[int, int]:
    """Return width and height of the whole image at the scale of the frame, in pixels."""
    left, top, right, bottom = box
    return max(1, round(size[1] / (right - left))), max(1, round(size[0] / (bottom - top)))


def _in_pixels(box: Box, image: Image.Image) -> Box:
    left, top, right, bottom = box
    width, height = image.size
    return max(left * width, 0.0), max(top * height, 0.0), min(right * width, width), min(bottom * height, height)


def to_original(grid: np.ndarray, cells: Cells, placement: Placement, width: int, height: int) -> np.ndarray:
    """Lay a map over the fitted frame on the original image, bilinearly between the centres of its cells.

    Args:
        grid: float `(grid_height, grid_width)`. Not modified.
        cells: Where its cells lie on that frame. Beyond the outermost ones the map goes on with their values.
        placement: Where the frame lies, from `place`.
        width: Of the result, in pixels.
        height: Of the result, in pixels.

    Returns:
        float32 `(height, width)`; NaN where the frame does not reach.
    """
    left, top, right, bottom = placement.box
    down = _weights(grid.shape[0], cells.first[0], cells.step[0], _shares(height, top, bottom))
    across = _weights(grid.shape[1], cells.first[1], cells.step[1], _shares(width, left, right))
    return np.asarray((down @ grid.astype(np.float32) @ across.T).astype(np.float32))


def _shares(n_pixels: int, start: float, end: float) -> np.ndarray:
    """Return the place of each pixel's centre on the frame, along one side."""
    return ((np.arange(n_pixels) + 0.5) / n_pixels - start) / (end - start)


def _weights(n_cells: int, first: float, step: float, shares: np.ndarray) -> np.ndarray:
    """Return the share of each cell in each pixel along one side, `(n_pixels, n_cells)`; NaN rows outside the frame."""
    position = np.clip((shares - first) / step, 0, n_cells - 1)
    lower = np.floor(position).astype(int)
    upper = np.minimum(lower + 1, n_cells - 1)
    weights = np.zeros((len(shares), n_cells), np.float32)
    np.add.at(weights, (np.arange(len(shares)), lower), 1 - (position - lower))
    np.add.at(weights, (np.arange(len(shares)), upper), position - lower)
    weights[(shares < 0) | (shares > 1)] = np.nan
    return weights
