"""Scientific TIFF: any depth, sign and number of channels, read with tifffile."""

from __future__ import annotations

import dataclasses
import io
import logging
import math
from collections.abc import Sequence

import numpy as np

from featx_core.base.wording import spaced
from featx_core.images.formats.channels import AUTOMATIC, Channels, are_shown_apart, colors_of, lack_note
from featx_core.images.formats.errors import ImageError
from featx_core.images.formats.raster import Composite, Raster
from featx_core.images.formats.tiff import (
    CMYK,
    FLOAT,
    JPEG_2000,
    JPEG_2000_YCC,
    PALETTE,
    RGB,
    UNSIGNED,
    WHITE_IS_ZERO,
    YCBCR,
    TiffPage,
)
from featx_core.images.formats.tiff_pieces import DAMAGED, check_page
from featx_core.images.formats.tiff_structure import one_page, text, values

_NO_DATA, _LARGEST = 42113, (281, 341)  # tags
_SMALLEST = (280, 340)
logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it complains of is found and named here


def read_raster(content: bytes, page: TiffPage, channels: Channels = AUTOMATIC) -> Raster | Composite:
    """Read the first page.

    Args:
        content: The file.
        page: As `read_page` read it; of a kind that is read.
        channels: Which channels are shown, as `featx_core.images.formats.channels` has it.

    Raises:
        ImageError: If the file is cut or damaged, or its pixels are too many.
    """
    check_page(content, page)
    values = _channels(content, page)
    if page.photometric == PALETTE:
        return Raster(_through_palette(values[..., 0], page), 8, "RGB", notes=("palette converted", *_depth_note(page)))
    plain, alpha = _plain_and_alpha(page, values.shape[-1])
    are_colors = page.photometric == CMYK or (len(plain) == 3 and page.photometric in (RGB, YCBCR, None))
    if not are_colors and are_shown_apart(len(plain), channels):
        return _composite(content, page, values, plain, alpha, channels)
    mode, chosen, notes = _usual_channels(page, plain, alpha, values.shape[-1])
    notes += () if are_colors else lack_note(len(plain), channels)
    if (page.photometric == YCBCR and page.packing in JPEG_2000) or page.packing == JPEG_2000_YCC:
        mode = "YCbCr"
    pixels = values[..., : len(chosen)] if chosen == list(range(len(chosen))) else values[..., chosen]
    one = _as_raster(content, page, pixels[..., 0] if len(chosen) == 1 else pixels)
    return dataclasses.replace(one, mode=mode, notes=(*notes, *_depth_note(page)))


def read_stack(content: bytes, pages: Sequence[TiffPage], channels: Channels) -> Composite:
    """Read pages that are the channels of one picture, each when its colour is made.

    Args:
        content: The file.
        pages: One a channel, as `channel_pages` found them.
        channels: Which of them are shown, as `featx_core.images.formats.channels` has it.

    Raises:
        ImageError: If the file is cut or damaged, or its pixels are too many; here or as a channel is read.
    """

    def channel(number: int) -> Raster:
        page = pages[number - 1]
        check_page(content, page)
        return _as_raster(content, page, _channels(content, page)[..., 0])

    colors, notes = colors_of(len(pages), channels)
    return Composite(channel, colors, notes=notes)


def _composite(
    content: bytes, page: TiffPage, values: np.ndarray, plain: list[int], alpha: int | None, channels: Channels
) -> Composite:
    colors, notes = colors_of(len(plain), channels)
    return Composite(
        lambda number: _as_raster(content, page, values[..., plain[number - 1]]),
        colors,
        None if alpha is None else Raster(values[..., alpha], page.bits[0]),
        alpha is not None and _is_premultiplied(page, alpha, values.shape[-1]),
        (*notes, *_depth_note(page)),
    )


def _as_raster(content: bytes, page: TiffPage, pixels: np.ndarray) -> Raster:
    """Put what a page says of its values to some of them."""
    return Raster(
        pixels,
        page.bits[0],
        is_inverted=page.photometric == WHITE_IS_ZERO,
        declared=_declared(content, page),
        missing=_missing(content, page),
    )


def _channels(content: bytes, page: TiffPage) -> np.ndarray:
    """Decode a page, and of a volume its first slice, as `(height, width, n_channels)`."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(one_page(content, page.tags))) as file:
        decoded = file.pages.first.asarray(squeeze=False, maxworkers=1)
    first = decoded[:, 0]
    channels = first[0] if len(first) == 1 else np.moveaxis(first[..., 0], 0, -1)
    if channels.shape[:2] != (page.height, page.width) or channels.dtype.kind not in "buif":
        raise ImageError(DAMAGED)
    return np.asarray(channels.view(np.uint8) if channels.dtype.kind == "b" else channels)


def _through_palette(indices: np.ndarray, page: TiffPage) -> np.ndarray:
    """Look the colours of a palette up, in 8 bits."""
    table = np.array(page.palette, np.uint16).reshape(3, -1).T
    eight_bit = (table if page.has_small_palette else table >> 8).astype(np.uint8)
    if not len(eight_bit) or indices.max(initial=0) >= len(eight_bit):
        raise ImageError(DAMAGED)
    return np.asarray(eight_bit[indices])


def _plain_and_alpha(page: TiffPage, n_channels: int) -> tuple[list[int], int | None]:
    """Tell the channels that are measured from the one that says how opaque a pixel is."""
    extra = page.extra[: n_channels - _first_extra(page, n_channels)]
    alphas = [_first_extra(page, n_channels) + place for place, kind in enumerate(extra) if kind in (1, 2)]
    return [channel for channel in range(n_channels) if channel not in alphas], alphas[0] if alphas else None


def _first_extra(page: TiffPage, n_channels: int) -> int:
    return n_channels - min(len(page.extra), n_channels - 1)


def _is_premultiplied(page: TiffPage, alpha: int, n_channels: int) -> bool:
    return page.extra[alpha - _first_extra(page, n_channels)] == 1


def _usual_channels(
    page: TiffPage, plain: list[int], alpha: int | None, n_channels: int
) -> tuple[str, list[int], tuple[str, ...]]:
    """Choose which channels are shown where nothing was chosen, as what, and say which are not."""
    if page.photometric == CMYK and len(plain) >= 4:
        return "CMYK", plain[:4], _unused_note(plain, 4, "CMYK")
    n_shown = 3 if len(plain) >= 3 else 1
    mode = "RGB" if n_shown == 3 else "L"
    notes = _unused_note(plain, n_shown, "red, green and blue" if n_shown == 3 else "grey")
    if not notes and n_shown == 3 and page.photometric not in (RGB, YCBCR, None):
        notes = ("3 channels shown as red, green and blue",)
    if alpha is None:
        return mode, plain[:n_shown], notes
    is_premultiplied = _is_premultiplied(page, alpha, n_channels)
    return mode + ("a" if is_premultiplied else "A"), [*plain[:n_shown], alpha], notes


def _unused_note(plain: list[int], n_shown: int, name: str) -> tuple[str, ...]:
    if len(plain) == n_shown:
        return ()
    which = "channel 1" if n_shown == 1 else f"channels 1 to {n_shown}"
    return (f"{which} of {len(plain)} used" + (f" as {name}" if n_shown > 1 else ""),)


def _depth_note(page: TiffPage) -> tuple[str, ...]:
    return (f"1 of {spaced(page.depth)} slices used",) if page.depth > 1 else ()


def _declared(content: bytes, page: TiffPage) -> tuple[float, float] | None:
    """Read which values the page declares black and white, where these are not those of its type."""
    largest = max((value for tag in _LARGEST for value in values(content, page.tags.get(tag))), default=None)
    smallest = min((value for tag in _SMALLEST for value in values(content, page.tags.get(tag))), default=None)
    if largest is None or page.bits[0] <= 8:
        return None
    if page.formats[0] == UNSIGNED:
        return (0.0, float(largest)) if 0 < largest < 2 ** page.bits[0] - 1 else None
    return (float(smallest), float(largest)) if smallest is not None and smallest < largest else None


def _missing(content: bytes, page: TiffPage) -> float | None:
    """Read the value that stands for "no data", as GDAL writes it."""
    try:
        number = float(text(content, page.tags.get(_NO_DATA)).replace(",", "."))
    except ValueError:
        return None
    is_whole = number == int(number) if math.isfinite(number) else False
    return number if math.isfinite(number) and (is_whole or page.formats[0] == FLOAT) else None
