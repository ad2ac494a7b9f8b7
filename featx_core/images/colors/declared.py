"""The colour space that a file declares for its pixels."""

from __future__ import annotations

import struct
from typing import Any

from featx_core.images.colors.spaces import ADOBE_RGB, ColorSpace, Point, of_numbers
from featx_core.images.formats.boxes import numbered_colors
from featx_core.images.formats.png_chunks import PNG_START, chunks_before_pixels

_SRGB_GAMMA = (0.445, 0.465)  # what a PNG calls sRGB's curve: 0.45455
_SENSIBLE_GAMMA = (0.2, 5.0)

Declared = bytes | ColorSpace | None
"""An ICC profile, colours by numbers, or nothing: sRGB."""


def declared_colors(content: bytes, info: dict[Any, Any], *, is_adobe: bool = False) -> Declared:
    """Read which colours a file declares.

    Args:
        content: The file.
        info: What its reader found beside the pixels, as Pillow keeps it.
        is_adobe: Whether its EXIF says Adobe RGB, which counts where nothing else is said; in a PNG it does not.
    """
    if content.startswith(PNG_START):
        return _of_png(content, info.get("icc_profile"))
    profile = info.get("icc_profile")
    if profile:
        return bytes(profile)
    numbers = _nclx(content, info)
    if numbers is not None:
        return of_numbers(numbers[0], numbers[1])
    return ADOBE_RGB if is_adobe else None


def _nclx(content: bytes, info: dict[Any, Any]) -> tuple[int, int] | None:
    """Read the numbers of a HEIC or AVIF; their range concerns a decoder alone, which has used it."""
    found = info.get("nclx_profile")
    if isinstance(found, dict):
        return int(found.get("color_primaries", 2)), int(found.get("transfer_characteristics", 2))
    if content[4:8] != b"ftyp":
        return None
    try:
        numbers = numbered_colors(content)
    except (struct.error, IndexError):  # boxes that are cut or lie
        return None
    return numbers[:2] if numbers is not None else None


def _of_png(content: bytes, profile: bytes | None) -> Declared:
    """Choose among the chunks of a PNG in the order of its standard: cICP, iCCP, sRGB, then gAMA and cHRM."""
    chunks = chunks_before_pixels(content)
    numbers = chunks.get(b"cICP", b"")
    if len(numbers) == 4 and numbers[2] == 0:
        return of_numbers(numbers[0], numbers[1], is_narrow=not numbers[3])
    if profile or b"sRGB" in chunks:
        return profile
    gamma, points = chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")
    power = _power(gamma)
    primaries = _primaries(points)
    if power is None and primaries is None:
        return None
    return ColorSpace(gamma=power) if primaries is None else ColorSpace(primaries, gamma=power)


def _power(gamma: bytes) -> float | None:
    """Read the power from stored values to light; None for that of sRGB."""
    if len(gamma) != 4:
        return None
    exponent = struct.unpack(">I", gamma)[0] / 100_000
    is_sense = _SENSIBLE_GAMMA[0] <= exponent <= _SENSIBLE_GAMMA[1]
    return 1 / exponent if is_sense and not _SRGB_GAMMA[0] <= exponent <= _SRGB_GAMMA[1] else None


def _primaries(points: bytes) -> tuple[Point, Point, Point, Point] | None:
    if len(points) != 32:
        return None
    numbers = [value / 100_000 for value in struct.unpack(">8I", points)]
    white, red, green, blue = ((numbers[i], numbers[i + 1]) for i in range(0, 8, 2))
    if any(y <= 0 or x + y > 1.0001 for x, y in (white, red, green, blue)):
        return None
    return red, green, blue, white
