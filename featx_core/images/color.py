"""Bringing the pixels of a file to upright sRGB with 8 bits, and saying what was done."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    AttributeError,
    ArithmeticError,
    struct.error,
    zlib.error,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    Warning,
    Image.DecompressionBombError,
    ImageCms.PyCMSError,
)
"""All that Pillow and its plugins are known to raise on files that are not what they say."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its EXIF orientation."""

_MODE_NOTES = {
    "1": "black and white converted",
    "P": "palette converted",
    "CMYK": "CMYK converted",
    "LAB": "LAB converted",
    "YCbCr": "YCbCr converted",
    "HSV": "HSV converted",
}
_PROFILED = ("RGB", "CMYK", "L")
_MAX_PROFILE_BYTES = 4 * 1024**2


def orientation(image: Image.Image) -> int:
    """Read the EXIF orientation, 1 to 8; 1 when there is none that can be read."""
    try:
        value = image.getexif().get(0x0112, 1)
    except FAULTS:
        return 1
    return value if value in _UPRIGHT else 1


def to_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode an opened image to upright sRGB.

    Args:
        image: As Pillow opened it, perhaps with a draft. It is loaded.

    Returns:
        The picture in mode RGB, and what was done to it in plain words.

    Raises:
        Exception: One of `FAULTS`, if the pixels cannot be decoded.
    """
    notes: list[str] = []
    deep = _has_16_bits(image)
    turn = orientation(image)  # before loading: Pillow turns a TIFF by itself and forgets it
    profile, mode = image.info.get("icc_profile"), image.mode
    image.load()
    image = _upright(image, turn, notes)
    if deep:
        notes.append("16-bit scaled to 8")
    if mode in _MODE_NOTES:
        notes.append(_MODE_NOTES[mode])
    image = _eight_bit(image, notes)
    image = _on_white(image, notes)
    return _srgb(image, profile, notes), tuple(notes)


def _has_16_bits(image: Image.Image) -> bool:
    """Tell whether Pillow reads 16 bits a channel down to 8, as it does for colour."""
    return any("16" in str(tile.args) for tile in getattr(image, "tile", ())) and not image.mode.startswith("I")


def _upright(image: Image.Image, turn: int, notes: list[str]) -> Image.Image:
    if turn == 1:
        return image
    notes.append("rotated upright")
    left = orientation(image)
    if left == 1:
        return image
    info = image.info
    image = image.transpose(_UPRIGHT[left])
    image.info = info
    return image


def _eight_bit(image: Image.Image, notes: list[str]) -> Image.Image:
    if not image.mode.startswith(("I", "F")):
        return image
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else _finite_range(image)
    is_16_bits = image.mode.startswith("I;16") or (image.mode == "I" and low >= 0 and 255 < high <= 65535)
    kind = (
        "16-bit scaled to 8" if is_16_bits else "float scaled to 8 bits" if image.mode == "F" else "32-bit scaled to 8"
    )
    notes.append(kind)
    clear, any_clear = image.info.get("transparency"), False
    scaled = Image.new("L", image.size)
    for top, values in _strips(image):
        eight_bit = _SCALED_16.take(values) if is_16_bits else _scaled_by_range(values, low, high)
        if isinstance(clear, int):
            any_clear = any_clear or bool((values == clear).any())
            eight_bit = np.where(values == clear, np.uint8(255), eight_bit)
        scaled.paste(Image.fromarray(eight_bit), (0, top))
    if any_clear:
        notes.append("transparency laid on white")
    return scaled


_SCALED_16 = np.rint(np.arange(65536) / 257).astype(np.uint8)
_STRIP_PIXELS = 1_000_000  # at once: a float picture of 100 megapixels would take gigabytes


def _strips(image: Image.Image) -> Iterator[tuple[int, np.ndarray]]:
    """Give a picture as strips over its whole width, each with the row at which it begins."""
    n_rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, n_rows):
        yield top, np.asarray(image.crop((0, top, image.width, min(top + n_rows, image.height))))


def _finite_range(image: Image.Image) -> tuple[float, float]:
    """Find the smallest and the largest value that is finite; 0 and 1 where none is."""
    low, high = np.inf, -np.inf
    for _, values in _strips(image):
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0.0, 1.0)


def _scaled_by_range(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Scale values from their range to 0..255; what is not finite becomes black, +inf white."""
    finite = np.nan_to_num(values.astype(np.float64), copy=False, nan=low, posinf=high, neginf=low)
    return np.rint((finite - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)


def _on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "PA", "RGBa", "La") and "transparency" not in image.info:
        return image
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB")
    notes.append("transparency laid on white")
    white = Image.new("RGB", image.size, "white")
    white.paste(image.convert("RGB"), mask=alpha)
    return white


def _srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    if profile and image.mode in _PROFILED and len(profile) <= _MAX_PROFILE_BYTES:
        try:
            transform = _transform(profile, image.mode)
            if transform is not None:
                converted = ImageCms.applyTransform(image, transform)
                if converted is not None:
                    notes.append("colours converted to sRGB")
                    return converted
        except FAULTS:
            pass  # a profile that does not parse or belongs to another mode: the pixels are used as they are
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the way from a profile to sRGB; None when it is sRGB already, as most are."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "srgb" in ImageCms.getProfileDescription(source).lower():
        return None
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
