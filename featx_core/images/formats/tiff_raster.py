"""Scientific TIFF: any depth, sign and number of channels, read with tifffile."""

from __future__ import annotations

import io
import logging
import math
import struct
import zlib

import numpy as np

from featx_core.base.wording import counted, spaced
from featx_core.images.formats.errors import ImageError
from featx_core.images.formats.raster import Raster
from featx_core.images.formats.tiff import (
    CMYK,
    FLOAT,
    JPEG,
    JPEG_2000,
    JPEG_2000_YCC,
    LERC,
    PALETTE,
    RAW,
    RGB,
    UNSIGNED,
    WEBP,
    WHITE_IS_ZERO,
    YCBCR,
    TiffPage,
)
from featx_core.images.formats.tiff_structure import ends_early, first_page, is_overloaded, pieces, text, values

MAX_DECODED_BYTES = 400_000_000  # of one page, all its channels: 100 megapixels of 32 bits
MAX_PIECES = 100_000  # strips or tiles of one page
_MAX_SCANS = 100  # of a progressive JPEG in a strip or tile
_DAMAGED = "is damaged: its pixels cannot be read"
_NO_DATA, _LARGEST = 42113, (281, 341)  # tags
_SMALLEST = (280, 340)
_TILE_DEPTH = 32998
logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it complains of is found and named here


def read_raster(content: bytes, page: TiffPage) -> Raster:
    """Read the first page.

    Args:
        content: The file.
        page: As `read_page` read it; of a kind that is read.

    Raises:
        ImageError: If the file is cut or damaged, or its pixels are too many.
    """
    _check(content, page)
    channels = _channels(content, page)
    if page.photometric == PALETTE:
        return Raster(
            _through_palette(channels[..., 0], page), 8, "RGB", notes=("palette converted", *_depth_note(page))
        )
    mode, chosen, notes = _chosen_channels(page, channels.shape[-1])
    if (page.photometric == YCBCR and page.packing in JPEG_2000) or page.packing == JPEG_2000_YCC:
        mode = "YCbCr"
    pixels = channels[..., : len(chosen)] if chosen == list(range(len(chosen))) else channels[..., chosen]
    return Raster(
        values=pixels[..., 0] if len(chosen) == 1 else pixels,
        n_bits=page.bits[0],
        mode=mode,
        is_inverted=page.photometric == WHITE_IS_ZERO,
        declared=_declared(content, page),
        missing=_missing(content, page),
        notes=(*notes, *_depth_note(page)),
    )


def _check(content: bytes, page: TiffPage) -> None:
    """Refuse what is cut, and what would take more memory or time than an image may."""
    if ends_early(content):
        raise ImageError("the file ends early")
    n_bytes = page.width * page.height * page.depth * page.n_channels * _value_bytes(page)
    if n_bytes > MAX_DECODED_BYTES:
        limit = f"the limit is {MAX_DECODED_BYTES // 10**6}"
        raise ImageError(f"{spaced(n_bytes // 10**6)} MB of pixels in {counted(page.n_channels, 'channel')}; {limit}")
    check_pieces(content, page)
    tile = _tile(content, page)
    depth = _tile_depth(content, page)
    if tile[0] * tile[1] * depth * page.n_channels * _value_bytes(page) > MAX_DECODED_BYTES:
        raise ImageError(_DAMAGED)
    _check_places(content, page, _n_pieces(content, page))
    _check_pictures(content, page, tile)


def check_pieces(content: bytes, page: TiffPage) -> None:
    """Refuse a page that is cut into more strips or tiles than can be read in good time, or that repeats them.

    Raises:
        ImageError: If it is.
    """
    n_pieces = _n_pieces(content, page)
    if n_pieces > MAX_PIECES:
        raise ImageError(f"is cut into {spaced(n_pieces)} strips or tiles; the limit is {spaced(MAX_PIECES)}")
    if is_overloaded(content, page.tags):
        raise ImageError(_DAMAGED)


def _n_pieces(content: bytes, page: TiffPage) -> int:
    tile = _tile(content, page)
    per_plane = math.ceil(page.width / tile[1]) * math.ceil(page.height / tile[0])
    return per_plane * math.ceil(page.depth / _tile_depth(content, page)) * (page.n_channels if page.is_planar else 1)


def _check_places(content: bytes, page: TiffPage, n_pieces: int) -> None:
    """Refuse a page that does not say where all of its strips or tiles are: their place would stay black."""
    starts, sizes = pieces(content, page.tags)
    is_old = page.packing == RAW and n_pieces == 1 and not sizes  # before 1992, sizes could be left out
    if len(starts) < n_pieces or not (is_old or (len(sizes) >= n_pieces and any(sizes[:n_pieces]))):
        raise ImageError(_DAMAGED)


def _value_bytes(page: TiffPage) -> int:
    """Return the bytes of one value after it is unpacked."""
    return next(size for size in (1, 2, 4, 8) if page.bits[0] <= 8 * size)


def _tile(content: bytes, page: TiffPage) -> tuple[int, int]:
    """Return the height and width of a strip or tile."""
    width, height = (values(content, page.tags.get(tag)) for tag in (322, 323))
    if width and height:
        return max(1, int(height[0])), max(1, int(width[0]))
    rows = values(content, page.tags.get(278))
    return max(1, min(int(rows[0]) if rows else page.height, page.height)), page.width


def _tile_depth(content: bytes, page: TiffPage) -> int:
    """Return how many slices of a volume lie in one tile."""
    depth = values(content, page.tags.get(_TILE_DEPTH)) if 322 in page.tags else ()
    return max(1, int(depth[0])) if depth else 1


def _check_pictures(content: bytes, page: TiffPage, tile: tuple[int, int]) -> None:
    """Refuse strips and tiles that are images of their own, larger than the page has room for."""
    readers = dict.fromkeys(JPEG_2000, _jpeg_2000_size) | dict.fromkeys(WEBP, _webp_size)
    size_of = {JPEG: _jpeg_size, LERC: _lerc_size, **readers}.get(page.packing)
    if size_of is None:
        return
    for start, n_bytes in zip(*pieces(content, page.tags), strict=False):
        piece = content[int(start) : int(start + n_bytes)]
        if not piece:
            continue
        try:
            height, width, n_channels = size_of(piece)
        except (struct.error, IndexError, zlib.error):
            raise ImageError(_DAMAGED) from None
        if height > tile[0] or width > tile[1] or n_channels > page.n_channels:
            raise ImageError(_DAMAGED)


def _jpeg_size(piece: bytes) -> tuple[int, int, int]:
    """Read height, width and channels from the frame header of a JPEG."""
    if piece.count(b"\xff\xda") > _MAX_SCANS:
        raise ImageError(f"has more than {_MAX_SCANS} passes, too many for its size")
    at = 2
    while piece[at + 1] not in (0xC0, 0xC1, 0xC2, 0xC3):
        at += 2 + struct.unpack_from(">H", piece, at + 2)[0]
    return struct.unpack_from(">HHB", piece, at + 5)


def _jpeg_2000_size(piece: bytes) -> tuple[int, int, int]:
    """Read height, width and channels from the start of a JPEG 2000 codestream, in its container or without one."""
    at = piece.index(b"\xff\x4f\xff\x51") if b"\xff\x4f\xff\x51" in piece[:4096] else len(piece)
    right, bottom, left, top = struct.unpack_from(">4I", piece, at + 8)
    return bottom - top, right - left, struct.unpack_from(">H", piece, at + 40)[0]


def _webp_size(piece: bytes) -> tuple[int, int, int]:
    """Read height and width from the header of a WebP: lossy, lossless or extended."""
    kind = piece[12:16]
    if kind == b"VP8X":
        return _three_bytes(piece, 27) + 1, _three_bytes(piece, 24) + 1, 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", piece, 21)[0]
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, 1
    width, height = struct.unpack_from("<2H", piece, 26)
    return height & 0x3FFF, width & 0x3FFF, 1


def _three_bytes(piece: bytes, at: int) -> int:
    return int.from_bytes(piece[at : at + 3], "little")


def _lerc_size(piece: bytes) -> tuple[int, int, int]:
    """Read height, width and channels from LERC codes, which may be packed once more."""
    plain = _lerc_unpacked(piece)
    if not plain.startswith(b"Lerc2 "):
        raise ImageError("is a TIFF of pixels packed as LERC 1, which featx does not read: export it as PNG")
    version = struct.unpack_from("<i", plain, 6)[0]
    at = 10 if version < 3 else 14
    height, width = struct.unpack_from("<2i", plain, at)
    n_values = struct.unpack_from("<i", plain, at + 8)[0] if version >= 4 else 1
    return height, width, n_values * plain.count(b"Lerc2 ")


def _lerc_unpacked(piece: bytes) -> bytes:
    if piece.startswith(b"\x28\xb5\x2f\xfd"):
        import imagecodecs

        try:
            return bytes(imagecodecs.zstd_decode(piece, out=MAX_DECODED_BYTES // 4))
        except RuntimeError:
            raise ImageError(_DAMAGED) from None
    if piece.startswith(b"Lerc2 ") or piece.startswith(b"CntZ"):
        return piece
    return zlib.decompressobj().decompress(piece, MAX_DECODED_BYTES // 4)


def _channels(content: bytes, page: TiffPage) -> np.ndarray:
    """Decode the first page, and of a volume its first slice, as `(height, width, n_channels)`."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(first_page(content, page.tags))) as file:
        decoded = file.pages.first.asarray(squeeze=False, maxworkers=1)
    first = decoded[:, 0]
    channels = first[0] if len(first) == 1 else np.moveaxis(first[..., 0], 0, -1)
    if channels.shape[:2] != (page.height, page.width) or channels.dtype.kind not in "buif":
        raise ImageError(_DAMAGED)
    return np.asarray(channels.view(np.uint8) if channels.dtype.kind == "b" else channels)


def _through_palette(indices: np.ndarray, page: TiffPage) -> np.ndarray:
    """Look the colours of a palette up, in 8 bits."""
    table = np.array(page.palette, np.uint16).reshape(3, -1).T
    eight_bit = (table if page.has_small_palette else table >> 8).astype(np.uint8)
    if not len(eight_bit) or indices.max(initial=0) >= len(eight_bit):
        raise ImageError(_DAMAGED)
    return np.asarray(eight_bit[indices])


def _chosen_channels(page: TiffPage, n_channels: int) -> tuple[str, list[int], tuple[str, ...]]:
    """Choose which channels are shown, as what, and say which are not."""
    first_extra = n_channels - min(len(page.extra), n_channels - 1)
    alphas = [first_extra + i for i, kind in enumerate(page.extra[: n_channels - first_extra]) if kind in (1, 2)]
    plain = [channel for channel in range(n_channels) if channel not in alphas]
    if page.photometric == CMYK and len(plain) >= 4:
        return "CMYK", plain[:4], _unused_note(plain, 4, "CMYK")
    n_shown = 3 if len(plain) >= 3 else 1
    mode = "RGB" if n_shown == 3 else "L"
    notes = _unused_note(plain, n_shown, "red, green and blue" if n_shown == 3 else "grey")
    if not notes and n_shown == 3 and page.photometric not in (RGB, YCBCR, None):
        notes = ("3 channels shown as red, green and blue",)
    if not alphas:
        return mode, plain[:n_shown], notes
    is_premultiplied = page.extra[alphas[0] - first_extra] == 1
    return mode + ("a" if is_premultiplied else "A"), [*plain[:n_shown], alphas[0]], notes


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
