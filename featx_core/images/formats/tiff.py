"""The pixel format of a TIFF's first page, and the kinds that are not read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from featx_core.images.formats.errors import ImageError
from featx_core.images.formats.tiff_structure import Entry, ends_early, entries, values

UNSIGNED, SIGNED, FLOAT, _UNDEFINED = 1, 2, 3, 4
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, _CIELAB = 0, 1, 2, 3, 5, 6, 8
RAW, _OLD_JPEG, JPEG, JPEG_2000_YCC, LERC = 1, 6, 7, 33003, 34887
WEBP = (34927, 50001)
JPEG_2000 = (33003, 33004, 33005, 34712)
_FAX = (2, 3, 4)
_READ_BY_PILLOW = (RAW, *_FAX, 5, _OLD_JPEG, JPEG, 8, 32773, 32946)
_READ_BY_TIFFFILE = (RAW, 5, JPEG, 8, 32773, 32946, *JPEG_2000, LERC, 34925, 34926, 50000, *WEBP)
_DEPTHS: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {UNSIGNED: (*range(1, 33), 64), SIGNED: (8, 16, 32, 64), FLOAT: (16, 24, 32, 64)}
)
_PACKINGS: Mapping[int, str] = MappingProxyType(
    {
        **dict.fromkeys(_FAX, "fax codes"),
        _OLD_JPEG: "old-style JPEG",
        9: "JBIG",
        10: "JBIG",
        22610: "JPEG XR",
        32809: "ThunderScan codes",
        34676: "LogLuv codes",
        34677: "LogLuv codes",
        34892: "lossy JPEG of a camera",
        34933: "PNG",
        34934: "JPEG XR",
        50002: "JPEG XL",
        52546: "JPEG XL",
    }
)
_COLORS: Mapping[int, str] = MappingProxyType(
    {
        4: "a transparency mask",
        YCBCR: "YCbCr colours",
        _CIELAB: "CIELAB colours",
        9: "ICC LAB colours",
        10: "ITU LAB colours",
        32803: "the raw values of a camera's sensor",
        32844: "LogL light",
        32845: "LogLuv light",
        34892: "the raw values of a camera's sensor",
    }
)
_ADVICE = "export it as PNG, or as an uncompressed TIFF of grey or RGB"
_NUMBERS = {UNSIGNED: "whole numbers", SIGNED: "signed whole numbers", FLOAT: "real numbers"}


@dataclass(frozen=True)
class TiffPage:
    """What a page of a TIFF says of its pixels.

    Attributes:
        tags: Its tags.
        width: In pixels, as stored.
        height: In pixels, as stored.
        bits: Of each channel.
        formats: Of each channel: 1 unsigned, 2 signed, 3 float.
        photometric: What the channels mean; None where the page does not say.
        packing: The number of its compression.
        predictor: 1 none, 2 differences of whole numbers, 3 of real numbers.
        extra: What the channels beyond the colours mean: 0 nothing, 1 premultiplied alpha, 2 alpha.
        turn: The EXIF orientation.
        is_planar: Whether each channel lies on its own.
        depth: Slices of a volume in this one page.
        palette: All its reds, then greens and blues; empty where there is none.
        has_halved_colors: Whether YCbCr colours are stored for each second pixel alone.
    """

    tags: dict[int, Entry]
    width: int
    height: int
    bits: tuple[int, ...]
    formats: tuple[int, ...]
    photometric: int | None
    packing: int
    predictor: int
    extra: tuple[int, ...]
    turn: int
    is_planar: bool
    depth: int
    palette: tuple[int, ...]
    has_halved_colors: bool

    @property
    def n_channels(self) -> int:
        """How many values a pixel has."""
        return len(self.bits)

    @property
    def is_for_pillow(self) -> bool:
        """Whether this is a kind of at most 8 bits that Pillow, by libtiff, reads as it is meant."""
        if self.packing == _OLD_JPEG or (self.packing in _FAX and self.bits == (1,)):
            return True
        is_plain = not self.is_planar and self.depth == 1 and set(self.formats) <= {UNSIGNED, _UNDEFINED}
        if self.packing not in _READ_BY_PILLOW or not is_plain or self.has_small_palette:
            return False
        kinds = _PILLOW_KINDS.get(self.n_channels, ()) if set(self.bits) == {8} else ()
        if self.n_channels == 1 and self.bits[0] in (1, 2, 4):
            kinds = ((WHITE_IS_ZERO, ()), (BLACK_IS_ZERO, ()), (PALETTE, ()))
        is_halved = self.photometric == YCBCR and self.packing == RAW and self.has_halved_colors
        return (self.photometric, self.extra) in kinds and not is_halved

    @property
    def has_small_palette(self) -> bool:
        """Whether its palette holds 8 bits where 16 belong, as some programs write it."""
        return 0 < max(self.palette, default=0) < 256


_PILLOW_KINDS: Mapping[int, tuple[tuple[int, tuple[int, ...]], ...]] = MappingProxyType(
    {
        1: ((WHITE_IS_ZERO, ()), (BLACK_IS_ZERO, ()), (PALETTE, ()), (YCBCR, ())),
        2: ((BLACK_IS_ZERO, (1,)), (BLACK_IS_ZERO, (2,)), (PALETTE, (2,))),
        3: ((RGB, ()), (YCBCR, ()), (_CIELAB, ())),
        4: ((RGB, (1,)), (RGB, (2,)), (CMYK, ())),
    }
)
"""By number of channels: what these mean, as `(photometric, extra)`."""


def read_page(content: bytes, at: int | None = None) -> TiffPage:
    """Read what a page says of its pixels.

    Args:
        content: The file.
        at: Where the page begins; the first page unless given.

    Raises:
        ImageError: If the file is cut, or does not say how large the image is.
    """
    tags = entries(content, at)
    if any(tag in tags and tags[tag].at + tags[tag].n_bytes > len(content) for tag in _NUMBERED):
        raise ImageError("the file ends early")  # what is not said has a usual value; what cannot be read has none
    numbers = {tag: tuple(int(value) for value in values(content, tags.get(tag))[:_MAX_VALUES]) for tag in _NUMBERED}
    if not numbers[256] or not numbers[257]:
        raise ImageError("the file ends early" if ends_early(content) else "is damaged: its pixels cannot be read")
    n_channels = min((numbers[277] or (numbers[258] and (len(numbers[258]),)) or (1,))[0], 1000)
    return TiffPage(
        tags=tags,
        width=numbers[256][0],
        height=numbers[257][0],
        bits=_each(numbers[258], n_channels, 1),
        formats=_each(numbers[339], n_channels, UNSIGNED),
        photometric=(numbers[262] or (None,))[0],
        packing=(numbers[259] or (RAW,))[0],
        predictor=(numbers[317] or (1,))[0],
        extra=numbers[338],
        turn=(numbers[274] or (1,))[0],
        is_planar=numbers[284] == (2,) and n_channels > 1,
        depth=max(1, (numbers[32997] or (1,))[0]),
        palette=numbers[320],
        has_halved_colors=(numbers[530] or (2, 2)) != (1, 1),
    )


_MAX_VALUES = 3 * 2**16  # of a tag: a palette of 16 bits
_NUMBERED = (256, 257, 258, 259, 262, 274, 277, 284, 317, 320, 338, 339, 530, 32997)


def _each(numbers: tuple[int, ...], n_channels: int, usual: int) -> tuple[int, ...]:
    """Return one number for each channel, where a page may give one for all."""
    return numbers[:n_channels] if len(numbers) >= n_channels > 0 else ((numbers or (usual,))[0],) * max(1, n_channels)


def refusal(page: TiffPage) -> str | None:
    """Name a kind of TIFF that is sound but not read, with advice; None for one that is read."""
    what = _odd_numbers(page) or _odd_colors(page) or _odd_packing(page)
    return f"is a TIFF of {what}, which featx does not read: {_ADVICE}" if what else None


def _odd_numbers(page: TiffPage) -> str | None:
    if len(set(page.bits)) > 1:
        return f"channels of different depths ({', '.join(map(str, page.bits[:8]))} bits)"
    if len(set(page.formats)) > 1:
        return "channels of different kinds of numbers"
    form = UNSIGNED if page.formats[0] == _UNDEFINED else page.formats[0]
    if form not in _DEPTHS:
        return "complex numbers" if form in (5, 6) else f"an unknown kind of numbers (sample format {form})"
    return None if page.bits[0] in _DEPTHS[form] else f"{_NUMBERS[form]} of {page.bits[0]} bits"


def _odd_colors(page: TiffPage) -> str | None:
    if page.photometric == YCBCR and page.packing in (JPEG, *JPEG_2000):
        return None
    if page.photometric is not None and page.photometric in _COLORS:
        return f"{_COLORS[page.photometric]} ({page.bits[0]} bits)"
    known = (None, WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK)
    return None if page.photometric in known else f"an unknown kind of colours (photometric {page.photometric})"


def _odd_packing(page: TiffPage) -> str | None:
    if page.packing not in _READ_BY_TIFFFILE:
        return f"pixels packed as {_PACKINGS.get(page.packing, f'compression {page.packing}')}"
    return None if page.predictor in (1, 2, 3) else f"an unknown predictor ({page.predictor})"
