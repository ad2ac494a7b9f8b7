"""What the bytes of an image file tell without decoding it: its frames, its scans, whether it ends early."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PIECES = ((273, 324), (279, 325))  # TIFF tags: where the strips or tiles begin, and their bytes
MAX_FRAMES = 10_000  # counted; more are not looked for
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_JPEG_METADATA = (*range(0xE1, 0xEE), 0xEF, 0xFE)  # APP1 to APP15 and comments, but for APP14: Adobe's colour transform


def frame_count(content: bytes) -> int | None:
    """Count the frames of a GIF or the pages of a TIFF, at most `MAX_FRAMES`; None for other formats.

    Pillow's own count takes minutes for a hostile file of 25 MB.
    """
    if content.startswith(b"GIF8"):
        return max(1, sum(1 for _ in _bounded(_gif_frames(content))))
    if content[:4] in (b"II*\x00", b"MM\x00*"):
        return max(1, sum(1 for _ in _bounded(tiff_directories(content))))
    return None


def _bounded(found: Iterator[int]) -> Iterator[int]:
    return (value for value, _ in zip(found, range(MAX_FRAMES), strict=False))


def _gif_frames(content: bytes) -> Iterator[int]:
    """Walk the blocks of a GIF and give where each frame begins."""
    if len(content) < 13:
        return
    at = 13 + _color_table_size(content[10])
    while at + 10 < len(content):
        if content[at] == 0x2C:
            yield at
            at += 11 + _color_table_size(content[at + 9])
        elif content[at] == 0x21:
            at += 2
        else:
            return
        while at < len(content) and content[at]:
            at += content[at] + 1
        at += 1


def _color_table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def tiff_directories(content: bytes) -> Iterator[int]:
    """Give where each directory (one a page) of a TIFF begins, following the chain once. BigTIFF is not walked."""
    order = "<" if content[:2] == b"II" else ">"
    seen: set[int] = set()
    at = struct.unpack_from(order + "I", content, 4)[0] if len(content) >= 8 else 0
    while at and at not in seen and at + 2 <= len(content):
        yield at
        seen.add(at)
        end = at + 2 + 12 * struct.unpack_from(order + "H", content, at)[0]
        at = struct.unpack_from(order + "I", content, end)[0] if end + 4 <= len(content) else 0


def tiff_tags(content: bytes) -> dict[int, int]:
    """Read the tags of a TIFF's first directory, each with the value or offset that stands in the directory itself."""
    order = "<" if content[:2] == b"II" else ">"
    return {
        tag: struct.unpack_from(order + ("H" if kind == 3 else "I"), content, entry + 8)[0]
        for tag, kind, _, entry in _tiff_entries(content)
    }


def _tiff_entries(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Give `(tag, kind, number of values, where the entry begins)` of a TIFF's first directory."""
    order = "<" if content[:2] == b"II" else ">"
    at = next(tiff_directories(content), None)
    n_entries = struct.unpack_from(order + "H", content, at)[0] if at is not None else 0
    for entry in range((at or 0) + 2, (at or 0) + 2 + 12 * n_entries, 12):
        if entry + 12 > len(content):
            return
        yield *struct.unpack_from(order + "HHI", content, entry), entry


def _tiff_values(content: bytes, tag: int) -> tuple[int, ...]:
    """Read all values of one tag of a TIFF's first directory; none where they lie beyond the end."""
    order = "<" if content[:2] == b"II" else ">"
    for found, kind, count, entry in _tiff_entries(content):
        if found == tag and kind in (3, 4):
            width = 2 if kind == 3 else 4
            is_inside = count * width <= 4
            at = entry + 8 if is_inside else struct.unpack_from(order + "I", content, entry + 8)[0]
            if at + count * width <= len(content):
                return struct.unpack_from(f"{order}{count}{'H' if kind == 3 else 'I'}", content, at)
    return ()


def scan_count(content: bytes) -> int:
    """Count the scans of a JPEG: a progressive file repeats work over all its pixels in each of them."""
    if content.count(b"\xff\xda") < 2:
        return 1
    return sum(1 for marker, _, _ in _jpeg_segments(content) if marker == 0xDA)


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Walk a JPEG up to its end and give `(marker, start, end)` of each segment; a scan ends where the next begins."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            return
        end = at + 2 + struct.unpack_from(">H", content, at + 2)[0]
        if marker == 0xDA:
            end = _scan_end(content, end)
        yield marker, at, min(end, len(content))
        at = end


def _scan_end(content: bytes, at: int) -> int:
    """Find the marker that ends the coded pixels: not a stuffed zero, not a restart."""
    while 0 <= (at := content.find(b"\xff", at)) < len(content) - 1:
        if content[at + 1] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1
    return len(content)


def without_metadata(content: bytes) -> bytes | None:
    """Give a PNG or JPEG again without profiles, text and EXIF; None for other formats."""
    if content.startswith(_PNG_START):
        kept = (content[start:end] for kind, start, end in _png_chunks(content) if kind in _PNG_KEPT)
        return _PNG_START + b"".join(kept)
    if content.startswith(b"\xff\xd8"):
        return b"\xff\xd8" + b"".join(_jpeg_parts(content))
    return None


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    last = 2
    for marker, start, end in _jpeg_segments(content):
        last = end
        if marker not in _JPEG_METADATA:
            yield content[start:end]
    yield content[last:]


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = len(_PNG_START)
    while at + 12 <= len(content):
        end = at + 12 + struct.unpack_from(">I", content, at)[0]
        yield content[at + 4 : at + 8], at, end
        at = end


def ends_early(content: bytes) -> bool:
    """Tell whether a file declares more bytes than it has. Asked only of a file that cannot be decoded."""
    if content.startswith(_PNG_START):
        return not any(kind == b"IEND" and end <= len(content) for kind, _, end in _png_chunks(content))
    if content.startswith(b"GIF8"):
        return next(_gif_frames(content), None) is None
    if content[:4] == b"RIFF":
        return len(content) < 12 or 8 + struct.unpack_from("<I", content, 4)[0] > len(content)
    if content[4:8] == b"ftyp":
        return _boxes_end_early(content)
    if content[:4] in (b"II*\x00", b"MM\x00*"):
        return _tiff_ends_early(content)
    return False


def _boxes_end_early(content: bytes) -> bool:
    """Walk the boxes of an AVIF or HEIC file: does the last one reach beyond the end?"""
    at = 0
    while at + 8 <= len(content):
        size = struct.unpack_from(">I", content, at)[0]
        if size == 1 and at + 16 <= len(content):
            size = struct.unpack_from(">Q", content, at + 8)[0]
        if size == 0:
            return False
        at += max(size, 8)
    return at != len(content)


def _tiff_ends_early(content: bytes) -> bool:
    """Tell whether a TIFF's directory, its strips or its tiles lie beyond the end."""
    order = "<" if content[:2] == b"II" else ">"
    directory = struct.unpack_from(order + "I", content, 4)[0] if len(content) >= 8 else 0
    if len(content) < 8 or directory + 2 > len(content):
        return True
    if directory + 2 + 12 * struct.unpack_from(order + "H", content, directory)[0] > len(content):
        return True
    starts, sizes = (_tiff_values(content, strips) or _tiff_values(content, tiles) for strips, tiles in _PIECES)
    ends = [start + size for start, size in zip(starts, sizes, strict=False)]
    return max(ends, default=len(content) + 1) > len(content)
