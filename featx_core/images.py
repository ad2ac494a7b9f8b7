"""One image: safe decoding, upright and in sRGB; thumbnails; what is known of it."""

from __future__ import annotations

import functools
import io
import re
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageOps

from featx_core.placement import FITS, Placement, fit_image, place, to_original

__all__ = [
    "FITS",
    "IMAGE_FORMATS",
    "ImageError",
    "ImageFacts",
    "Placement",
    "brightness",
    "decode",
    "fit_image",
    "inspect",
    "place",
    "thumbnail",
    "to_original",
]

MAX_IMAGE_BYTES = 25 * 1024**2
MAX_PIXELS = 100_000_000
MIN_SIDE = 16
MAX_SIDE = 30_000
MAX_ASPECT = 20
MAX_FRAMES = 10_000  # counted; more are not looked for
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "HEIF")
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    struct.error,
    zlib.error,
    MemoryError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    Image.DecompressionBombError,
)
"""All that Pillow and its plugins are known to raise on files that are not what they say."""


class ImageError(ValueError):
    """An image that cannot be used, and why, in words that can follow its name."""


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image.

    Attributes:
        format: The real file format, such as "JPEG".
        width: In pixels, after turning it upright.
        height: In pixels, after turning it upright.
        notes: What is done to it on the way to RGB, in plain words.
    """

    format: str
    width: int
    height: int
    notes: tuple[str, ...]


def inspect(content: bytes) -> ImageFacts:
    """Check that a file can be decoded whole, and say what it is.

    Args:
        content: The bytes of the file.

    Raises:
        ImageError: If it is no image, damaged, too large or too small. The message says so without the file's name.
    """
    image = _opened(content)
    form, n_frames = str(image.format), _frame_count(image)
    width, height = image.size
    if _is_turned(image):
        width, height = height, width
    image.draft(None, (width // 8, height // 8))
    _, notes = _upright_rgb(image)
    if n_frames > 1 and form not in ("JPEG", "HEIF", "AVIF"):
        notes.append(f"1 of {n_frames} frames used")
    if max(width, height) > MAX_ASPECT * min(width, height):
        notes.append(f"very elongated, {width} x {height}")
    return ImageFacts(form, width, height, tuple(notes))


def decode(content: bytes, *, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """Decode an image upright to RGB: sRGB, 8 bits, transparency laid on white.

    Args:
        content: The bytes of the file.
        at_least: `(height, width)` in pixels that are enough. A JPEG with more than twice of both is then decoded at a
            half, a quarter or an eighth of its size, which is several times faster. None decodes it in full.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        ImageError: If it cannot be decoded. The message says why without the file's name.
    """
    image = _opened(content)
    if at_least is not None:
        side = 2 * max(at_least)
        image.draft(None, (side, side))
    return np.asarray(_upright_rgb(image)[0])


def thumbnail(content: bytes, side: int = 256) -> bytes:
    """Make a small picture as WebP, its longest side at most `side` pixels.

    Raises:
        ImageError: If the image cannot be decoded.
    """
    image = Image.fromarray(decode(content, at_least=(side // 2, side // 2)))
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def brightness(content: bytes) -> float:
    """Give the mean luma of an image, 0 (black) to 100 (white)."""
    return float(np.asarray(Image.fromarray(decode(content)).convert("L")).mean() / 2.55)


def _opened(content: bytes) -> Image.Image:
    """Open an image and judge it by its header, before any pixel is decoded."""
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(f"{len(content) / 1024**2:.3g} MB; the limit is {MAX_IMAGE_BYTES // 1024**2} MB")
    _register_heif()
    try:
        image = Image.open(io.BytesIO(content), formats=IMAGE_FORMATS)
    except Image.DecompressionBombError as error:
        n_pixels = re.search(r"\d+", str(error))
        raise ImageError(_too_many(int(n_pixels[0]) if n_pixels else 2 * MAX_PIXELS)) from None
    except _FAULTS as error:
        raise ImageError(_reason(error, "is not an image that can be read")) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(_too_many(width * height))
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{width} x {height} pixels; each side must have at least {MIN_SIDE}")
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{width} x {height} pixels; a side may have at most {MAX_SIDE}".replace(",", " "))
    return image


def _too_many(n_pixels: int) -> str:
    return f"{n_pixels / 1e6:.3g} megapixels; the limit is {MAX_PIXELS // 10**6}"


@functools.cache
def _register_heif() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def _reason(error: BaseException, otherwise: str) -> str:
    words = str(error).lower()
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    if any(word in words for word in ("truncated", "premature", "end of", "not enough", "unexpected eof", "incomplete")):
        return "the file ends early"
    return otherwise


def _frame_count(image: Image.Image) -> int:
    try:
        return min(int(getattr(image, "n_frames", 1)), MAX_FRAMES)
    except _FAULTS:
        return 1


def _is_turned(image: Image.Image) -> bool:
    try:
        return image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except _FAULTS:
        return False


def _upright_rgb(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Decode the pixels and bring them to upright sRGB, noting what a person would want to know."""
    notes: list[str] = []
    try:
        profile = image.info.get("icc_profile")
        image.load()
        image = _turned_upright(image, notes)
        image = _eight_bit(image, notes)
        image = _on_white(image, notes)
        return _srgb(image, profile, notes), notes
    except _FAULTS as error:
        raise ImageError(_reason(error, "is damaged: its pixels cannot be read")) from None


def _turned_upright(image: Image.Image, notes: list[str]) -> Image.Image:
    try:
        turned = ImageOps.exif_transpose(image)
    except _FAULTS:
        return image
    if turned is not None and image.getexif().get(0x0112, 1) in range(2, 9):
        notes.append("turned upright")
        return turned
    return image


def _eight_bit(image: Image.Image, notes: list[str]) -> Image.Image:
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(np.float64)
    if image.mode.startswith("I;16") or (image.mode == "I" and 255 < values.max() <= 65535 and values.min() >= 0):
        notes.append("16-bit scaled to 8")
        return Image.fromarray(np.rint(values / 257).astype(np.uint8))
    notes.append("scaled from its own range to 8 bits")
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / ((high - low) or 1.0)
    return Image.fromarray(np.rint(scaled * 255).astype(np.uint8))


def _on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    has_alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    if not has_alpha:
        return image
    image = image.convert("RGBA")
    if image.getextrema()[3][0] == 255:  # type: ignore[index]
        return image.convert("RGB")
    notes.append("transparency laid on white")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    if image.mode in ("CMYK", "LAB", "YCbCr", "HSV"):
        notes.append(f"{image.mode} converted to RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            name = ImageCms.getProfileDescription(source).strip()
            if "srgb" not in name.lower() and image.mode != "L":
                converted = ImageCms.profileToProfile(image, source, _srgb_profile(), outputMode="RGB")
                if converted is not None:
                    notes.append("colours converted to sRGB")
                    return converted
        except (ImageCms.PyCMSError, *_FAULTS):
            pass  # a profile that does not parse: the pixels are used as they are
    return image.convert("RGB")


@functools.cache
def _srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
