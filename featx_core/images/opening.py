"""Files opened with the reader of their format: first their size, then their pixels on demand."""

from __future__ import annotations

import functools
import io
import math
import struct
from typing import Protocol

import numpy as np
from PIL import Image

from featx_core.images.colors.conversion import Loaded, is_adobe_rgb, orientation
from featx_core.images.colors.declared import declared_colors
from featx_core.images.file_structure import MAX_FRAMES, frame_count
from featx_core.images.formats import netpbm
from featx_core.images.formats.boxes import clean_aperture, count_pictures
from featx_core.images.formats.channels import FIRST
from featx_core.images.formats.errors import ImageError
from featx_core.images.formats.png_chunks import chunks_before_pixels
from featx_core.images.formats.raster import Composite, Raster
from featx_core.images.formats.tiff import TiffPage, read_page, refusal
from featx_core.images.formats.tiff_pieces import MAX_DECODED_BYTES, check_pieces
from featx_core.images.formats.tiff_raster import read_raster, read_stack
from featx_core.images.formats.tiff_stacks import channel_pages, why_sliver
from featx_core.images.formats.tiff_structure import Layout, layout, page_count
from featx_core.images.rendering.choice import USUAL, Rendering
from featx_core.images.rendering.composites import composed
from featx_core.images.rendering.scaling import AUTOMATIC, eight_bit

IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
"""The formats that Pillow may open. HEIC and Netpbm have readers of their own."""
_NAMES = {"MPO": "JPEG", "WEBP": "WebP"}  # where Pillow's word is not what people say
_DEEP = ";16B"  # in what Pillow calls the pixels of a PNG with 16 bits
_ICC = 34675  # the tag of a TIFF's profile
_MAX_HEIF_BYTES = 500_000_000  # its decoder reads the metadata of all images of a file, and they may share them
_LOW_USE = 0.5  # of the range of 16 bits: less is noted


class Opened(Protocol):
    """A file whose header has been read.

    Attributes:
        format: What people call its format.
        width: In pixels, as stored (or upright, where its reader turns it).
        height: In pixels.
        n_frames: Images or pages in it, at most `MAX_FRAMES`.
        is_turned: Whether width and height change places; known after loading.
    """

    format: str
    width: int
    height: int
    n_frames: int
    is_turned: bool

    def reduce(self, side: int) -> bool:
        """Ask for a smaller decode, both sides at least `side`; return whether the format allows it."""

    def load(self, rendering: Rendering) -> Loaded:
        """Decode its pixels.

        Raises:
            Exception: One of `FAULTS`, or `ImageError`, if they cannot be decoded.
        """


def open_image(content: bytes, rendering: Rendering = USUAL) -> Opened:
    """Open a file of a format that is read; nothing but its header is decoded.

    Args:
        content: The file.
        rendering: Whether pages of a stack are taken for channels.

    Raises:
        ImageError: If it is a kind that is sound but not read.
        Exception: One of `FAULTS`, if it is damaged.
    """
    form = layout(content)
    if form is not None:
        page = read_page(content)
        stack = channel_pages(content, page) if rendering.channels != FIRST and refusal(page) is None else ()
        if stack:
            return Tiff(content, page, stack)
        is_for_pillow = page.is_for_pillow and form != Layout(
            ">", is_big=True
        )  # which Pillow 13 does not know for a TIFF
        words = why_sliver(content, page) or (None if is_for_pillow else refusal(page))
        if words is not None:
            raise ImageError(words)
        if is_for_pillow:
            return ByPillow(content, page)
        return Tiff(content, page)
    if netpbm.is_netpbm(content):
        return Netpbm(content)
    return Heif(content) if _is_heif(content) else ByPillow(content)


class ByPillow:
    """A file that Pillow reads."""

    def __init__(self, content: bytes, page: TiffPage | None = None) -> None:
        self._content, self._page = content, page
        self._image = Image.open(io.BytesIO(content), formats=IMAGE_FORMATS)
        form = str(self._image.format)
        self.format = _NAMES.get(form, form)
        self.width, self.height = self._image.size
        self.n_frames = self._frame_count(form)
        self.is_turned = False

    def _frame_count(self, form: str) -> int:
        """Count the frames; the images beside the first of a JPEG are previews, not frames."""
        if form in ("JPEG", "MPO"):
            return 1
        counted = frame_count(self._content)
        return counted if counted is not None else min(int(getattr(self._image, "n_frames", 1)), MAX_FRAMES)

    def reduce(self, side: int) -> bool:
        """Have a JPEG decoded smaller."""
        return self._image.draft(None, (side, side)) is not None

    def load(self, rendering: Rendering) -> Loaded:
        """Decode its pixels. EXIF is asked for afterwards: asking a PNG for it loads the pixels and hides their faults."""
        if self._page is not None:
            check_pieces(self._content, self._page)
        image: Image.Image = self._image
        is_deep = self.format == "PNG" and any(_DEEP in str(tile.args) for tile in self._image.tile)
        del self._image  # held twice, the pixels of a large image would not fit into the bounds of memory
        is_tiff = self.format == "TIFF"  # Pillow turns one on loading, and forgets this and more of its EXIF
        turn, is_adobe = (orientation(image), is_adobe_rgb(image)) if is_tiff else (1, False)
        image.load()
        left = orientation(image)
        self.is_turned = left >= 5
        notes: tuple[str, ...] = ("rotated upright",) if turn != 1 and left == 1 else ()
        is_adobe = is_adobe or (self.format != "PNG" and is_adobe_rgb(image))
        if self.format == "AVIF":
            image, crop_notes = _cropped(image, self._content)
            notes += crop_notes
        colors = declared_colors(self._content, image.info, is_adobe=is_adobe)
        if is_deep:
            image, deep_notes = _deep_png(self._content, image, rendering.scaling)
            notes += deep_notes
        return Loaded(image, left, colors, notes)


def _cropped(image: Image.Image, content: bytes) -> tuple[Image.Image, tuple[str, ...]]:
    """Take the part of an AVIF that is meant to be seen, which Pillow does not know of."""
    try:
        aperture = clean_aperture(content, *image.size)
    except (struct.error, IndexError):  # boxes that are cut or lie
        return image, ()
    if aperture is None:
        return image, ()
    cropped = image.crop(aperture)
    cropped.info = image.info
    return cropped, ("cropped as the file says",)


def _deep_png(content: bytes, image: Image.Image, scaling: str) -> tuple[Image.Image, tuple[str, ...]]:
    """Bring a PNG of 16 bits to 8.

    In colour, Pillow has done so by type, but looks for a transparent colour among the 8 bits: for that, and for another way
    of scaling, it is decoded once more.
    """
    if image.mode.startswith("I"):
        clear = image.info.get("transparency")
        raster = Raster(np.asarray(image), 16, clear=clear if isinstance(clear, int) else None)
        small, notes = eight_bit(raster, scaling)
    elif scaling in (AUTOMATIC, "type") and "transparency" not in image.info:
        small, notes = image, ("16-bit scaled to 8", *_low_use(image))
    elif image.width * image.height * 2 * len(image.getbands()) > MAX_DECODED_BYTES:
        small, notes = image, ("16-bit scaled to 8", "too large to be scaled otherwise")
    else:
        import imagecodecs

        values = imagecodecs.png_decode(content)
        small, notes = eight_bit(Raster(values, 16, {2: "LA", 3: "RGB", 4: "RGBA"}[values.shape[-1]]), scaling)
    declared = min(chunks_before_pixels(content).get(b"sBIT", b"\x10"), default=16)
    if declared < 16 and any(note.startswith("uses") for note in notes):
        notes += (f"the file declares {declared} significant bits",)
    return small, notes


def _low_use(image: Image.Image) -> tuple[str, ...]:
    """Note that the colours of an image, brought from 16 bits to 8, use little of the range."""
    colors = np.asarray(image.reduce(max(1, math.isqrt(image.width * image.height // 1_000_000))))
    colors = colors[..., : 1 if image.mode == "LA" else 3]
    share = (np.percentile(colors, 99.9) - np.percentile(colors, 0.1) + 1) / 256
    return (f"uses {100 * share:.0f} % of the 16-bit range",) if share < _LOW_USE else ()


class Tiff:
    """A TIFF of a kind that Pillow does not read, or not as it is meant."""

    format = "TIFF"
    is_turned = False

    def __init__(self, content: bytes, page: TiffPage, stack: tuple[TiffPage, ...] = ()) -> None:
        self._content, self._page, self._stack = content, page, stack
        self.width, self.height = page.width, page.height
        self.n_frames = max(1, page_count(content, MAX_FRAMES) // max(1, len(stack)))

    def reduce(self, side: int) -> bool:
        """Do nothing: a TIFF is decoded in full."""
        return False

    def load(self, rendering: Rendering) -> Loaded:
        """Decode its pixels."""
        if self._stack:
            found: Raster | Composite = read_stack(self._content, self._stack, rendering.channels)
        else:
            found = read_raster(self._content, self._page, rendering.channels)
        if isinstance(found, Composite):
            image, notes = composed(found, rendering.scaling)
        else:
            image, notes = eight_bit(found, rendering.scaling)
        profile = self._page.tags.get(_ICC)
        colors = self._content[profile.at : profile.at + profile.n_bytes] if profile is not None else None
        return Loaded(image, self._page.turn if 1 < self._page.turn <= 8 else 1, colors or None, notes)


class Netpbm:
    """A PBM, PGM, PPM or PFM."""

    is_turned = False

    def __init__(self, content: bytes) -> None:
        self._content, self._header = content, netpbm.read_header(content)
        self.format = self._header.format
        self.width, self.height = self._header.width, self._header.height
        self.n_frames = 1

    def reduce(self, side: int) -> bool:
        """Do nothing: it is decoded in full."""
        return False

    def load(self, rendering: Rendering) -> Loaded:
        """Decode its pixels."""
        header = self._header
        values = netpbm.read_values(self._content, header)
        n_bits = 1 if header.format == "PBM" else 8 * values.dtype.itemsize
        is_usual = values.dtype.kind == "f" or header.largest == 2**n_bits - 1
        declared = None if is_usual else (0.0, header.largest)
        raster = Raster(values, n_bits, "RGB" if header.n_channels == 3 else "L", declared=declared)
        image, notes = eight_bit(raster, rendering.scaling)
        self.n_frames = netpbm.frame_count(self._content, header)
        return Loaded(image, notes=notes if header.format != "PBM" else ("black and white converted",))


class Heif:
    """A HEIC, by its own decoder rather than the plugin for Pillow, which decodes a file of two images twice."""

    format = "HEIC"
    is_turned = False

    def __init__(self, content: bytes) -> None:
        import pi_heif

        _configure_heif()
        self._content = content
        if count_pictures(content) * len(content) > _MAX_HEIF_BYTES:
            raise ImageError("holds too many images for its size: export them as PNG or JPEG")
        self._file = pi_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=True)
        self._frame = self._file[self._file.primary_index]
        self.width, self.height = self._frame.size
        self.n_frames = min(len(self._file), MAX_FRAMES)

    def reduce(self, side: int) -> bool:
        """Do nothing: a HEIC is decoded in full."""
        return False

    def load(self, rendering: Rendering) -> Loaded:
        """Decode its pixels; the decoder turns them upright itself."""
        image = self._frame.to_pillow()
        del self._frame, self._file  # which hold the pixels too
        colors = declared_colors(self._content, image.info, is_adobe=is_adobe_rgb(image))
        return Loaded(image, orientation(image), colors)


@functools.cache
def _configure_heif() -> None:
    import pi_heif

    pi_heif.options.THUMBNAILS = False


def _is_heif(content: bytes) -> bool:
    """Tell a HEIC by its brands; AVIF, which may say "mif1" first, names itself among the others."""
    if content[4:8] != b"ftyp" or content[8:12] in (b"avif", b"avis"):
        return False
    size = int.from_bytes(content[:4], "big")
    return b"avif" not in content[16 : min(size, 256)] or content[8:11] in (b"hei", b"hev")
