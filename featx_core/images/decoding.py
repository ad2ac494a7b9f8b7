"""One image: safe decoding to upright sRGB, thumbnails, and facts about the file."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from featx_core.base.files.file_names import EXTENSIONS
from featx_core.base.files.packing import pack
from featx_core.base.wording import spaced, too_large
from featx_core.images.colors.conversion import FAULTS, to_rgb
from featx_core.images.file_kinds import described_kind, is_image, unread_kind
from featx_core.images.file_structure import MAX_FRAMES, ends_early, has_too_many_parts, scan_count, without_metadata
from featx_core.images.fitting import FITS, Placement, fit_image, fit_picture, place, to_original
from featx_core.images.formats.errors import ImageError
from featx_core.images.opening import IMAGE_FORMATS, Opened, open_image
from featx_core.images.rendering.choice import USUAL, Rendering
from featx_core.images.rendering.scaling import SCALINGS

__all__ = [
    "FITS",
    "IMAGE_EXTENSIONS",
    "IMAGE_FORMATS",
    "SCALINGS",
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
MAX_PIXELS_OF = MappingProxyType({"WebP": 50_000_000, "AVIF": 50_000_000, "HEIC": 50_000_000})
"""Of formats whose decoders hold an image several times: none needs more than a gigabyte."""
MAX_PROGRESSIVE_PIXELS = 75_000_000  # of a JPEG, for the same reason
MAX_SCANNED_PIXELS = 2_000_000_000  # pixels times scans of a progressive JPEG: about two seconds
MIN_SIDE = 16
MAX_SIDE = 30_000
MAX_ASPECT = 20
USUAL_INPUT = ((224, 224), "crop")
"""Size and fit that most networks are used with."""

_LARGE_BYTES = 1_000_000
"""From here on a file is decoded once for both its thumbnail and its usual input: decoding it takes 20 ms and more."""

_MAX_FITTED_PIXELS = 4_000_000  # of what was decoded: a larger picture would need memory for a copy

THUMBNAIL_SIDE = 256  # pixels
IMAGE_EXTENSIONS = tuple(extension for extensions in EXTENSIONS.values() for extension in extensions)
_SIGNS_OF_A_CUT = ("file is truncated", "truncated file", "truncated data", "premature", "end of file", "incomplete")
_SIGNS_OF_A_REFUSAL = ("security limit", "double references", "has not been built in")  # of a HEIC's decoder
_LARGE_PIXELS = 25_000_000
_one_large = threading.Lock()  # an image of 100 megapixels takes nearly a gigabyte on its way: one at a time
_DAMAGED = "is damaged: its pixels cannot be read"
_NO_IMAGE = "is not an image that can be read"
_STRIP_ROWS = 256
_Result = TypeVar("_Result")
warnings.filterwarnings("ignore", module=r"PIL\.")  # what they warn of is found and named here


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image.

    Attributes:
        format: The real file format, such as "JPEG".
        width: In pixels, after turning it upright.
        height: In pixels, after turning it upright.
        notes: What is done to it on the way to RGB, in plain words.
        usual_input: Of a large file that `examine` looked at: the image as most networks receive it (`USUAL_INPUT`), packed.
    """

    format: str
    width: int
    height: int
    notes: tuple[str, ...]
    usual_input: bytes = field(default=b"", repr=False, compare=False)


def inspect(content: bytes, *, rendering: Rendering = USUAL) -> ImageFacts:
    """Check that a file can be decoded whole, and say what it is.

    Args:
        content: The bytes of the file.
        rendering: As for `decode`; the notes say what it does.

    Raises:
        ImageError: If it is no image, damaged, too large or too small. The message says so without the file's name.
    """
    return _read(content, lambda image: None, reduced_to=1, rendering=rendering)[1]


def decode(
    content: bytes, *, at_least: tuple[int, int] | None = None, fit: str = "", rendering: Rendering = USUAL
) -> np.ndarray:
    """Decode an image upright to RGB: sRGB, 8 bits, transparency blended with white.

    Args:
        content: The bytes of the file.
        at_least: `(height, width)` in pixels that are enough. A JPEG with more than twice of both is then decoded at a
            half, a quarter or an eighth of its size, which is several times faster. None decodes it in full.
        fit: A key of `FITS`: brings the image to the size `at_least`, as `fit_image` does with its pixels, but quicker.
        rendering: How pixels of more than 8 bits become 8, and channels without colours red, green and blue.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        ImageError: If it cannot be decoded. The message says why without the file's name.
        ValueError: If `fit` is unknown.
    """
    if at_least is None:
        return _read(content, _pixels, reduced_to=None, rendering=rendering)[0]
    if fit:
        place(*at_least, at_least, fit)  # an unknown one is no fault of the file
    finish = functools.partial(fit_picture, size=at_least, fit=fit) if fit else _pixels
    return _read(content, finish, reduced_to=2 * max(at_least), rendering=rendering)[0]


def thumbnail(content: bytes, side: int = THUMBNAIL_SIDE, *, rendering: Rendering = USUAL) -> bytes:
    """Make a small image as WebP, its longest side at most `side` pixels.

    Raises:
        ImageError: If the image cannot be decoded.
    """
    return examine(content, side=side, rendering=rendering)[1]


def examine(
    content: bytes, *, side: int = THUMBNAIL_SIDE, rendering: Rendering = USUAL
) -> tuple[ImageFacts, bytes, float]:
    """Check a file as `inspect` does, and draw it small on the same occasion: decoding is what takes the time.

    Returns:
        What it is; a thumbnail, as `thumbnail` makes it; its brightness (mean luma), 0 (black) to 100 (white).

    Raises:
        ImageError: As `inspect` raises it.
    """
    enough = 2 * max(USUAL_INPUT[0])  # as `decode` has it for this size
    if len(content) < _LARGE_BYTES or side > enough:
        (small, lightness), facts = _read(
            content, lambda image: _drawn_small(image, side), reduced_to=side, rendering=rendering
        )
        return facts, small, lightness
    (usual_input, small, lightness), facts = _read(
        content,
        lambda image: (_fitted_as_usual(image), *_drawn_small(image, side)),
        reduced_to=enough,
        rendering=rendering,
    )
    return dataclasses.replace(facts, usual_input=usual_input), small, lightness


def _fitted_as_usual(image: Image.Image) -> bytes:
    return pack(fit_picture(image, *USUAL_INPUT)) if image.width * image.height <= _MAX_FITTED_PIXELS else b""


def _drawn_small(image: Image.Image, side: int) -> tuple[bytes, float]:
    """Return an image as a small WebP, and its brightness."""
    factor = 2 * max(image.size) // (3 * side)
    if factor > 1:  # several times faster, and still half as large again as what is drawn
        image = image.reduce(factor)
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2)
    return out.getvalue(), float(np.asarray(image.convert("L")).mean() / 2.55)


def _pixels(image: Image.Image) -> np.ndarray:
    """Return the pixels of an image in mode RGB, strip by strip: numpy's own way takes them twice over."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP_ROWS):
        strip = image.crop((0, top, image.width, min(top + _STRIP_ROWS, image.height)))
        pixels[top : top + _STRIP_ROWS] = np.asarray(strip)
    return pixels


def _read(
    content: bytes, finish: Callable[[Image.Image], _Result], *, reduced_to: int | None, rendering: Rendering
) -> tuple[_Result, ImageFacts]:
    """Decode to upright RGB and finish it; a second time without its metadata where those may be what is damaged."""
    _check_bytes(content)
    try:
        return _attempt(content, finish, reduced_to, rendering)
    except ImageError:
        raise
    except FAULTS as error:
        reason = _reason(error, content)
        bare = without_metadata(content) if reason == _DAMAGED else None
    try:
        if bare is None or bare == content:
            raise ImageError(reason)
        result, facts = _attempt(bare, finish, reduced_to, rendering)
    except FAULTS as error:
        raise error if isinstance(error, ImageError) else ImageError(reason) from None
    return result, dataclasses.replace(facts, notes=(*facts.notes, "damaged metadata ignored"))


def _check_bytes(content: bytes) -> None:
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(too_large(len(content), MAX_IMAGE_BYTES))
    kind = described_kind(content)
    if kind is not None:
        raise ImageError(kind)
    if has_too_many_parts(content):
        raise ImageError("has too many parts to be read in reasonable time: save it again")


def _attempt(
    content: bytes, finish: Callable[[Image.Image], _Result], reduced_to: int | None, rendering: Rendering
) -> tuple[_Result, ImageFacts]:
    opened = _opened(content, rendering)
    width, height = opened.width, opened.height
    _check_header(opened, scan_count(content) if opened.format == "JPEG" else 1)
    is_reduced = reduced_to is not None and opened.reduce(reduced_to)
    with _one_large if opened.width * opened.height > _LARGE_PIXELS else contextlib.nullcontext():
        image, notes = to_rgb(opened.load(rendering))
        if not is_reduced:
            width, height = image.size
            _check_not_small(width, height)  # once more: it may have been cropped
        elif opened.is_turned:
            width, height = height, width
        result = finish(image)
    if opened.n_frames > 1:
        most = "more than " if opened.n_frames >= MAX_FRAMES else ""
        notes += (f"1 of {most}{spaced(opened.n_frames)} frames used",)
    if max(width, height) > MAX_ASPECT * min(width, height):
        notes += (f"very elongated, {width} x {height}",)
    return result, ImageFacts(opened.format, width, height, notes)


def _opened(content: bytes, rendering: Rendering) -> Opened:
    """Open an image of the formats that are allowed; nothing but its header is read."""
    try:
        return open_image(content, rendering)
    except Image.DecompressionBombError as error:
        n_pixels = re.search(r"\d+", str(error))
        raise ImageError(_too_many(int(n_pixels[0]) if n_pixels else 2 * MAX_PIXELS)) from None


def _check_header(opened: Opened, n_scans: int) -> None:
    width, height = opened.width, opened.height
    if width * height > MAX_PIXELS:
        raise ImageError(_too_many(width * height))
    name, limit = opened.format, MAX_PIXELS_OF.get(opened.format, MAX_PIXELS)
    if n_scans > 1:
        name, limit = "a progressive JPEG", MAX_PROGRESSIVE_PIXELS
    if width * height > limit:
        raise ImageError(f"{width * height / 1e6:.4g} megapixels; the limit for {name} is {limit // 10**6}")
    _check_not_small(width, height)
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{spaced(width)} x {spaced(height)} pixels; a side may have at most {spaced(MAX_SIDE)}")
    if width * height * n_scans > MAX_SCANNED_PIXELS:
        raise ImageError(f"has {spaced(n_scans)} passes, too many for its size")


def _check_not_small(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{spaced(width)} x {spaced(height)} pixels; each side must have at least {MIN_SIDE}")


def _too_many(n_pixels: int) -> str:
    n_mega = f"{n_pixels / 1e6:,.0f}" if n_pixels >= 101e6 else f"{n_pixels / 1e6:.4g}"
    return f"{n_mega} megapixels; the limit is {MAX_PIXELS // 10**6}".replace(",", " ")


def _reason(error: BaseException, content: bytes) -> str:
    words = str(error).lower()
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    if "decompressed data too large" in words:
        return "holds a text chunk that unpacks to more than 1 MB"
    kind = unread_kind(content)
    if kind is not None:
        return kind
    if content[4:8] == b"ftyp" and any(sign in words for sign in _SIGNS_OF_A_REFUSAL):
        return "is a HEIF that its decoder does not take: export it as PNG or JPEG"
    early = any(sign in words for sign in _SIGNS_OF_A_CUT)
    if early or ends_early(content):
        return "the file ends early"
    return _NO_IMAGE if isinstance(error, UnidentifiedImageError) and not is_image(content) else _DAMAGED
