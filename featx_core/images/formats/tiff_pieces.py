"""What can be wrong with the strips and tiles of a TIFF's page, found before they are unpacked."""

from __future__ import annotations

import math
import struct
import zlib

from featx_core.base.wording import counted, spaced
from featx_core.images.formats.errors import ImageError
from featx_core.images.formats.tiff import JPEG, JPEG_2000, LERC, RAW, WEBP, TiffPage
from featx_core.images.formats.tiff_structure import ends_early, is_overloaded, pieces, values

MAX_DECODED_BYTES = 400_000_000  # of one page, all its channels: 100 megapixels of 32 bits
MAX_PIECES = 100_000  # strips or tiles of one page
DAMAGED = "is damaged: its pixels cannot be read"
_MAX_SCANS = 100  # of a progressive JPEG in a strip or tile
_TILE_DEPTH = 32998


def check_page(content: bytes, page: TiffPage) -> None:
    """Refuse what is cut, and what would take more memory or time than an image may.

    Raises:
        ImageError: If the page is one of these.
    """
    if ends_early(content, page.tags):
        raise ImageError("the file ends early")
    n_bytes = page.width * page.height * page.depth * page.n_channels * _value_bytes(page)
    if n_bytes > MAX_DECODED_BYTES:
        limit = f"the limit is {MAX_DECODED_BYTES // 10**6}"
        raise ImageError(f"{spaced(n_bytes // 10**6)} MB of pixels in {counted(page.n_channels, 'channel')}; {limit}")
    check_pieces(content, page)
    tile = _tile(content, page)
    depth = _tile_depth(content, page)
    if tile[0] * tile[1] * depth * page.n_channels * _value_bytes(page) > MAX_DECODED_BYTES:
        raise ImageError(DAMAGED)
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
        raise ImageError(DAMAGED)


def _n_pieces(content: bytes, page: TiffPage) -> int:
    tile = _tile(content, page)
    per_plane = math.ceil(page.width / tile[1]) * math.ceil(page.height / tile[0])
    return per_plane * math.ceil(page.depth / _tile_depth(content, page)) * (page.n_channels if page.is_planar else 1)


def _check_places(content: bytes, page: TiffPage, n_pieces: int) -> None:
    """Refuse a page that does not say where all of its strips or tiles are: their place would stay black."""
    starts, sizes = pieces(content, page.tags)
    is_old = page.packing == RAW and n_pieces == 1 and not sizes  # before 1992, sizes could be left out
    if len(starts) < n_pieces or not (is_old or (len(sizes) >= n_pieces and any(sizes[:n_pieces]))):
        raise ImageError(DAMAGED)


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
            raise ImageError(DAMAGED) from None
        if height > tile[0] or width > tile[1] or n_channels > page.n_channels:
            raise ImageError(DAMAGED)


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
            raise ImageError(DAMAGED) from None
    if piece.startswith(b"Lerc2 ") or piece.startswith(b"CntZ"):
        return piece
    return zlib.decompressobj().decompress(piece, MAX_DECODED_BYTES // 4)
