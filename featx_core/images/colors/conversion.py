"""Conversion of decoded pixels to upright sRGB, with notes on what was done."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageCms

from featx_core.images.colors import spaces
from featx_core.images.colors.declared import Declared
from featx_core.images.colors.profiles import ProfileError, keeps_greys, profile_mode, transform
from featx_core.images.colors.spaces import ColorSpace

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
"""What turns an image upright, by its EXIF orientation."""

_MODE_NOTES = {
    "1": "black and white converted",
    "P": "palette converted",
    "PA": "palette converted",
    "CMYK": "CMYK converted",
    "LAB": "LAB converted",
    "YCbCr": "YCbCr converted",
    "HSV": "HSV converted",
}
_Conversion = Callable[[Image.Image], Image.Image]
_STRIP_PIXELS = 4_000_000  # converted at once: an image of 100 megapixels must not lie in memory four times
_CONVERTED = "colours converted to sRGB"
_COMPRESSED = "tone-mapped from HDR"
_UNUSED = "colour profile ignored: it is damaged or does not match the image"


@dataclass(frozen=True)
class Loaded:
    """Pixels of 8 bits as a file holds them, and what it says of them.

    Attributes:
        image: Loaded; no plugin's, so that nothing decodes it a second time.
        turn: The EXIF orientation that it still has.
        colors: Which colours it is in.
        notes: What has been done so far, in plain words.
    """

    image: Image.Image
    turn: int = 1
    colors: Declared = None
    notes: tuple[str, ...] = ()


def orientation(image: Image.Image) -> int:
    """Read the EXIF orientation, 1 to 8; 1 when there is none that can be read."""
    try:
        value = image.getexif().get(0x0112, 1)
    except FAULTS:
        return 1
    return value if value in _UPRIGHT else 1


def is_adobe_rgb(image: Image.Image) -> bool:
    """Tell whether EXIF says Adobe RGB, as cameras say it: "uncalibrated" with the interoperability index R03, or 2."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
    except FAULTS:
        return False
    return space == 2 or (space == 0xFFFF and str(index).startswith("R03"))


def to_rgb(loaded: Loaded) -> tuple[Image.Image, tuple[str, ...]]:
    """Bring an image to upright sRGB.

    Transparency is laid on white after the colours are converted, as a browser does it.

    Returns:
        The image in mode RGB, and what was done to it in plain words.
    """
    image, turn = loaded.image, loaded.turn
    notes = [*(["rotated upright"] if turn != 1 else []), *loaded.notes]
    if image.mode in _MODE_NOTES:
        notes.append(_MODE_NOTES[image.mode])
    convert, note = _way_to_srgb(loaded.colors if image.mode != "LAB" else None, _plain_mode(image))
    del loaded  # its pixels are not needed beside the converted ones
    if image.mode != "RGB" or "transparency" in image.info or convert is not None:
        image, is_clear = _converted(image, convert or _as_rgb)
        if is_clear:
            notes.append("transparency blended with white")
    upright = image.transpose(_UPRIGHT[turn]) if turn != 1 else image
    return upright, (*notes, *note)


def _plain_mode(image: Image.Image) -> str:
    """Tell what the colours of an image are beside its alpha: "L", "RGB" or "CMYK"."""
    if image.mode in ("1", "L", "LA", "La"):
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"


def _as_rgb(colors: Image.Image) -> Image.Image:
    return colors if colors.mode == "RGB" else colors.convert("RGB")


def _way_to_srgb(declared: Declared, mode: str) -> tuple[_Conversion | None, tuple[str, ...]]:
    """Find how colours of a mode become sRGB (None: they are it), and what is said of it."""
    if declared is None:
        return None, ()
    try:
        if isinstance(declared, bytes):
            return _through_profile(declared, mode)
        if mode == "CMYK" or declared.is_srgb:
            return None, ()
        notes = (_CONVERTED, _COMPRESSED) if declared.is_hdr else (_CONVERTED,)
        return functools.partial(_through_numbers, declared), notes
    except (ProfileError, np.linalg.LinAlgError):
        return None, (_UNUSED,)


def _through_profile(profile: bytes, mode: str) -> tuple[_Conversion | None, tuple[str, ...]]:
    needed = profile_mode(profile, mode)
    way = transform(profile, needed)
    if way is None or (needed != mode and keeps_greys(profile)):
        return None, ()

    def convert(colors: Image.Image) -> Image.Image:
        shown = ImageCms.applyTransform(colors.convert(needed), way)
        assert shown is not None
        return shown

    return convert, (_CONVERTED,)


def _through_numbers(space: ColorSpace, colors: Image.Image) -> Image.Image:
    return Image.fromarray(spaces.to_srgb(np.asarray(_as_rgb(colors)), space))


def _converted(image: Image.Image, convert: _Conversion) -> tuple[Image.Image, bool]:
    """Convert an image to RGB strip by strip, and tell whether any of it was transparent."""
    result, is_clear = Image.new("RGB", image.size), False
    n_rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, n_rows):
        colors, alpha = _split(image.crop((0, top, image.width, min(top + n_rows, image.height))))
        rgb = convert(colors)
        if alpha is not None and np.asarray(alpha).min() < 255:
            is_clear = True
            white = Image.new("RGB", rgb.size, "white")
            white.paste(rgb, mask=alpha)
            rgb = white
        result.paste(rgb, (0, top))
    return result, is_clear


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours of an image (L, RGB or CMYK) and its alpha, which may be a transparent colour."""
    plain = _plain_mode(image)
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.replace("a", "A"))
    elif "transparency" in image.info or image.mode == "PA":
        image = image.convert("RGBA")
    if image.mode not in ("LA", "RGBA"):
        return (image if image.mode == plain else image.convert(plain)), None
    return (image.getchannel(0) if plain == "L" else image.convert("RGB")), image.getchannel("A")
