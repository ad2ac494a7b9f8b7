"""The structure of an image file without decoding it: its frames, its scans, and whether it is truncated."""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Callable, Iterable, Iterator

from featx_core.images.formats import tiff_structure
from featx_core.images.formats.boxes import boxes_end_early
from featx_core.images.formats.png_chunks import PNG_START, png_chunks
from featx_core.images.formats.tiff_structure import page_count

MAX_FRAMES = 10_000  # counted; more are not looked for
MAX_PARTS = 250_000  # chunks of a PNG, segments of a JPEG, blocks of a GIF
_FRAME, _EXTENSION = 0x2C, 0x21  # the marks of a GIF's blocks
_SCAN, _END = 0xDA, 0xD9  # markers of a JPEG
_FILL = re.compile(rb"\xff+")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""The marker that ends the coded pixels of a JPEG: not a stuffed zero, not a restart."""
_PNG_METADATA = frozenset(
    b"acTL bKGD cHRM cICP cLLI cLLi eXIf fcTL fdAT gAMA hIST iCCP iTXt mDCV mDCv pHYs sBIT sPLT sRGB tEXt tIME zTXt".split()
)
"""Chunks that a PNG can do without. One of an unknown name may have been the palette before its name was damaged."""
_JPEG_METADATA = (*range(0xE1, 0xEE), 0xEF, 0xFE)  # APP1 to APP15 and comments, but for APP14: Adobe's colour transform


def frame_count(content: bytes) -> int | None:
    """Count the frames of a GIF or the pages of a TIFF, at most `MAX_FRAMES`; None for other formats.

    Pillow's own count takes minutes for a hostile file of 25 MB.
    """
    if content.startswith(b"GIF8"):
        blocks = itertools.islice(_gif_blocks(content), 4 * MAX_PARTS)
        return max(1, sum(1 for _ in itertools.islice((mark for mark in blocks if mark == _FRAME), MAX_FRAMES)))
    return page_count(content, MAX_FRAMES) if tiff_structure.layout(content) is not None else None


def _gif_blocks(content: bytes) -> Iterator[int]:
    """Walk a GIF and give the mark of each block, and 0 for each piece that a block is cut into."""
    if len(content) < 13:
        return
    at = 13 + _color_table_size(content[10])
    while at + 10 < len(content):
        mark = content[at]
        if mark not in (_FRAME, _EXTENSION):
            return
        yield mark
        at += 11 + _color_table_size(content[at + 9]) if mark == _FRAME else 2
        while at < len(content) and content[at]:
            yield 0
            at += content[at] + 1
        at += 1


def _color_table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def has_too_many_parts(content: bytes) -> bool:
    """Return whether a PNG, JPEG or GIF has more parts than any program writes: reading them would take minutes."""
    if content.startswith(PNG_START):
        return _exceeds(1 for _ in png_chunks(content))
    if content.startswith(b"\xff\xd8"):
        segments = itertools.chain([(0, 0, 2)], jpeg_segments(content, until_pixels=True))
        return _exceeds(1 + after[1] - before[2] for before, after in itertools.pairwise(segments))
    if content.startswith(b"GIF8"):
        return _exceeds(1 for _ in itertools.takewhile(_until_second_frame(), _gif_blocks(content)))
    return False


def _exceeds(sizes: Iterable[int]) -> bool:
    return any(total > MAX_PARTS for total in itertools.accumulate(sizes))


def _until_second_frame() -> Callable[[int], bool]:
    n_frames = itertools.count()
    return lambda mark: mark != _FRAME or next(n_frames) == 0


def scan_count(content: bytes) -> int:
    """Count the scans of a JPEG: a progressive file repeats work over all its pixels in each of them."""
    if content.count(b"\xff\xda") < 2:
        return 1
    return sum(1 for marker, _, _ in jpeg_segments(content) if marker == _SCAN)


def jpeg_segments(content: bytes, *, until_pixels: bool = False) -> Iterator[tuple[int, int, int]]:
    """Walk a JPEG up to its end and give `(marker, start, end)` of each segment; a scan ends where the next begins."""
    at = 2
    while (fill := _FILL.match(content, at)) is not None and fill.end() + 3 <= len(content):
        at, marker = fill.end() - 1, content[fill.end()]
        if marker == _END or (until_pixels and marker == _SCAN):
            return
        end = at + 2 + struct.unpack_from(">H", content, at + 2)[0]
        if marker == _SCAN:
            found = _AFTER_SCAN.search(content, end)
            end = found.start() if found is not None else len(content)
        yield marker, at, min(end, len(content))
        at = end


def without_metadata(content: bytes) -> bytes | None:
    """Return a PNG or JPEG without profiles, text and EXIF; None for other formats."""
    if content.startswith(PNG_START):
        kept = (content[start:end] for kind, start, end in png_chunks(content) if kind not in _PNG_METADATA)
        return PNG_START + b"".join(kept)
    if content.startswith(b"\xff\xd8"):
        return b"\xff\xd8" + b"".join(_jpeg_parts(content))
    return None


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    last = 2
    for marker, start, end in jpeg_segments(content):
        last = end
        if marker not in _JPEG_METADATA:
            yield content[start:end]
    yield content[last:]


def ends_early(content: bytes) -> bool:
    """Return whether a file declares more bytes than it has. Asked only of a file that cannot be decoded."""
    if content.startswith(PNG_START):
        return not any(kind == b"IEND" and end <= len(content) for kind, _, end in png_chunks(content))
    if content.startswith(b"GIF8"):
        return _FRAME not in itertools.islice(_gif_blocks(content), MAX_PARTS)
    if content.startswith(b"\xff\xd8"):
        return not any(marker == _SCAN for marker, _, _ in jpeg_segments(content))
    if content.startswith(b"BM"):
        return len(content) < 18
    if content[:4] == b"RIFF":
        return len(content) < 12 or 8 + struct.unpack_from("<I", content, 4)[0] > len(content)
    if content[4:8] == b"ftyp":
        return boxes_end_early(content)
    return tiff_structure.ends_early(content)
