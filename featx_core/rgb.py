"""Bringing the pixels of a file to upright sRGB with 8 bits, and saying what was done."""

from __future__ import annotations

import functools
import io
import struct
import zlib

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
    values, clear = np.asarray(image), image.info.get("transparency")
    if image.mode.startswith("I;16") or (image.mode == "I" and _fits_16_bits(values)):
        notes.append("16-bit scaled to 8")
        scaled = _SCALED_16.take(values)
    else:
        notes.append("float scaled to 8 bits" if image.mode == "F" else "32-bit scaled to 8")
        scaled = _scaled_by_range(values.astype(np.float32))
    if isinstance(clear, int) and (values == clear).any():
        notes.append("transparency laid on white")
        scaled = np.where(values == clear, np.uint8(255), scaled)
    return Image.fromarray(scaled)


_SCALED_16 = np.rint(np.arange(65536) / 257).astype(np.uint8)


def _fits_16_bits(values: np.ndarray) -> bool:
    return bool(values.min() >= 0 and 255 < values.max() <= 65535)


def _scaled_by_range(values: np.ndarray) -> np.ndarray:
    """Scale finite values from their own range to 0..255, in place; what is not finite becomes black, +inf white."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
    scaled = (values.astype(np.float64) - low) * (255 / ((high - low) or 1.0))
    return np.rint(scaled).astype(np.uint8)


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
    return image.convert("RGB")


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the way from a profile to sRGB; None when it is sRGB already, as most are."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "srgb" in ImageCms.getProfileDescription(source).lower():
        return None
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
