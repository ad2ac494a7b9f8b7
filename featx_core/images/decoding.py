"""One image: safe decoding, upright and in sRGB; thumbnails; what is known of it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import re
import threading
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from featx_core.base.file_names import EXTENSIONS
from featx_core.base.wording import spaced, too_large
from featx_core.images.color import FAULTS, orientation, to_rgb
from featx_core.images.file_kinds import described_kind, is_image
from featx_core.images.file_structure import MAX_FRAMES, ends_early, frame_count, scan_count, without_metadata
from featx_core.images.fitting import FITS, Placement, fit_image, place, to_original

__all__ = [
    "FITS",
    "IMAGE_EXTENSIONS",
    "IMAGE_FORMATS",
    "ImageError",
    "ImageFacts",
    "Placement",
    "decode",
    "examine",
    "fit_image",
    "inspect",
    "place",
    "thumbnail",
    "to_original",
]

MAX_IMAGE_BYTES = 25 * 1024**2
MAX_PIXELS = 100_000_000
MAX_SCANNED_PIXELS = 2_000_000_000  # pixels times scans of a progressive JPEG: about two seconds
MIN_SIDE = 16
MAX_SIDE = 30_000
MAX_ASPECT = 20
THUMBNAIL_SIDE = 256  # pixels
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "HEIF")
IMAGE_EXTENSIONS = tuple(extension for extensions in EXTENSIONS.values() for extension in extensions)
_SIGNS_OF_A_CUT = ("file is truncated", "truncated file", "truncated data", "premature", "end of file", "incomplete")
_LARGE_PIXELS = 25_000_000
_one_large = threading.Lock()  # a picture of 100 megapixels takes over a gigabyte on its way: one at a time
_DAMAGED = "is damaged: its pixels cannot be read"
_NO_IMAGE = "is not an image that can be read"
_NAMES = {"MPO": "JPEG", "WEBP": "WebP", "HEIF": "HEIC"}  # where Pillow's word is not what people say
warnings.filterwarnings("ignore", module=r"PIL\.")  # what they warn of is found and named here


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
    return _read(content, reduced_to=(1, 1))[1]


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
    reduced_to = (2 * max(at_least),) * 2 if at_least is not None else None
    return np.asarray(_read(content, reduced_to=reduced_to)[0])


def thumbnail(content: bytes, side: int = THUMBNAIL_SIDE) -> bytes:
    """Make a small picture as WebP, its longest side at most `side` pixels.

    Raises:
        ImageError: If the image cannot be decoded.
    """
    return examine(content, side=side)[1]


def examine(content: bytes, *, side: int = THUMBNAIL_SIDE) -> tuple[ImageFacts, bytes, float]:
    """Check a file as `inspect` does, and draw it small on the same occasion: decoding is what takes the time.

    Returns:
        What it is; a thumbnail, as `thumbnail` makes it; its brightness (mean luma), 0 (black) to 100 (white).

    Raises:
        ImageError: As `inspect` raises it.
    """
    image, facts = _read(content, reduced_to=(side, side))
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2)
    return facts, out.getvalue(), float(np.asarray(image.convert("L")).mean() / 2.55)


def _read(content: bytes, *, reduced_to: tuple[int, int] | None) -> tuple[Image.Image, ImageFacts]:
    """Decode to upright RGB, a second time without its metadata where those may be what is damaged."""
    _check_bytes(content)
    try:
        return _attempt(content, reduced_to)
    except ImageError:
        raise
    except FAULTS as error:
        reason = _reason(error, content)
        bare = without_metadata(content) if reason == _DAMAGED else None
    try:
        if bare is None or bare == content:
            raise ImageError(reason)
        image, facts = _attempt(bare, reduced_to)
    except FAULTS as error:
        raise error if isinstance(error, ImageError) else ImageError(reason) from None
    return image, dataclasses.replace(facts, notes=(*facts.notes, "damaged metadata ignored"))


def _check_bytes(content: bytes) -> None:
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(too_large(len(content), MAX_IMAGE_BYTES))
    kind = described_kind(content)
    if kind is not None:
        raise ImageError(kind)


def _attempt(content: bytes, reduced_to: tuple[int, int] | None) -> tuple[Image.Image, ImageFacts]:
    image = _open(content)
    form, (width, height) = str(image.format), image.size
    _check_header(width, height, scan_count(content) if form in ("JPEG", "MPO") else 1)
    n_frames = _frame_count(image, content)
    is_reduced = reduced_to is not None and image.draft(None, reduced_to) is not None  # only JPEG can
    with _one_large if image.width * image.height > _LARGE_PIXELS else contextlib.nullcontext():
        rgb, notes = to_rgb(image)
    if not is_reduced:
        width, height = rgb.size
    elif orientation(image) >= 5:
        width, height = height, width
    if n_frames > 1:
        notes += (f"1 of {'more than ' if n_frames >= MAX_FRAMES else ''}{spaced(n_frames)} frames used",)
    if max(width, height) > MAX_ASPECT * min(width, height):
        notes += (f"very elongated, {width} x {height}",)
    return rgb, ImageFacts(_NAMES.get(form, form), width, height, notes)


def _open(content: bytes) -> Image.Image:
    """Open an image of the formats that are allowed; nothing but its header is read."""
    _register_heif()
    try:
        return Image.open(io.BytesIO(content), formats=IMAGE_FORMATS)
    except Image.DecompressionBombError as error:
        n_pixels = re.search(r"\d+", str(error))
        raise ImageError(_too_many(int(n_pixels[0]) if n_pixels else 2 * MAX_PIXELS)) from None


def _check_header(width: int, height: int, n_scans: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(_too_many(width * height))
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{spaced(width)} x {spaced(height)} pixels; each side must have at least {MIN_SIDE}")
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{spaced(width)} x {spaced(height)} pixels; a side may have at most {spaced(MAX_SIDE)}")
    if width * height * n_scans > MAX_SCANNED_PIXELS:
        raise ImageError(f"has {spaced(n_scans)} passes, too many for its size")


def _frame_count(image: Image.Image, content: bytes) -> int:
    """Count the frames; the pictures beside the first of a JPEG or HEIC are previews and depth, not frames."""
    if image.format in ("JPEG", "MPO", "HEIF"):
        return 1
    counted = frame_count(content)
    return counted if counted is not None else min(int(getattr(image, "n_frames", 1)), MAX_FRAMES)


def _too_many(n_pixels: int) -> str:
    n_mega = f"{n_pixels / 1e6:,.0f}" if n_pixels >= 101e6 else f"{n_pixels / 1e6:.4g}"
    return f"{n_mega} megapixels; the limit is {MAX_PIXELS // 10**6}".replace(",", " ")


@functools.cache
def _register_heif() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def _reason(error: BaseException, content: bytes) -> str:
    words = str(error).lower()
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    if "decompressed data too large" in words:
        return "holds a text that unpacks to more than 1 MB"
    early = any(sign in words for sign in _SIGNS_OF_A_CUT)
    if early or ends_early(content):
        return "the file ends early"
    return _NO_IMAGE if isinstance(error, UnidentifiedImageError) and not is_image(content) else _DAMAGED
