"""The boxes of an AVIF or HEIC file (ISO base media file format), read within limits."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

_MAX_BOXES = 10_000  # boxes or associations that are looked at


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Return `(kind, start of its body, end)` of each box in a part of a file."""
    at, end = start, len(content) if end is None else min(end, len(content))
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, head = struct.unpack_from(">I", content, at)[0], 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack_from(">Q", content, at + 8)[0], 16
        size = end - at if size == 0 else max(size, head)
        yield content[at + 4 : at + 8], at + head, min(at + size, end)
        at += size


def boxes_end_early(content: bytes) -> bool:
    """Return whether the last box reaches beyond the end of the file."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 8 > len(content):
            break
        size = struct.unpack_from(">I", content, at)[0]
        if size == 1 and at + 16 <= len(content):
            size = struct.unpack_from(">Q", content, at + 8)[0]
        if size == 0:
            return False
        at += max(size, 8)
    return at != len(content)


def numbered_colors(content: bytes) -> tuple[int, int, bool] | None:
    """Read the colours of the primary image where numbers declare them (nclx).

    Returns:
        Primaries and transfer characteristics of ITU-T H.273, and whether all values are used; None where there are none.
    """
    meta = _found(content, b"meta", 0, len(content))
    if meta is None:
        return None
    parts = {kind: (start, end) for kind, start, end in boxes(content, meta[0] + 4, meta[1])}
    if not {b"iprp", b"pitm"} <= parts.keys():
        return None
    properties, associations = (_found(content, kind, *parts[b"iprp"]) for kind in (b"ipco", b"ipma"))
    if properties is None or associations is None:
        return None
    listed = list(boxes(content, *properties))
    for number in _properties_of(content, _primary(content, parts[b"pitm"][0]), associations[0]):
        kind, start, end = listed[number - 1] if 0 < number <= len(listed) else (b"", 0, 0)
        if kind == b"colr" and content[start : start + 4] == b"nclx" and end - start >= 11:
            primaries, curve, _, flags = struct.unpack_from(">HHHB", content, start + 4)
            return primaries, curve, bool(flags & 0x80)
    return None


def count_pictures(content: bytes) -> int:
    """Count the images that a file shows, apart from tiles and masks, which are hidden."""
    meta = _found(content, b"meta", 0, len(content))
    items = _found(content, b"iinf", meta[0] + 4, meta[1]) if meta is not None else None
    if items is None:
        return 0
    listed = boxes(content, items[0] + (8 if content[items[0]] else 6), items[1])
    return sum(_is_shown_image(content, start) for kind, start, _ in listed if kind == b"infe")


def _is_shown_image(content: bytes, at: int) -> bool:
    kind_at = at + (10 if content[at] > 2 else 8)
    return not content[at + 3] & 1 and content[kind_at : kind_at + 4] not in (b"Exif", b"mime", b"uri ")


def _found(content: bytes, kind: bytes, start: int, end: int) -> tuple[int, int] | None:
    return next(((first, last) for found, first, last in boxes(content, start, end) if found == kind), None)


def _primary(content: bytes, at: int) -> int:
    """Read the number of the primary item from the body of its box."""
    return int(struct.unpack_from(">I" if content[at] else ">H", content, at + 4)[0])


def _properties_of(content: bytes, item: int, at: int) -> list[int]:
    """Read which properties an item has, from the body of the box of associations."""
    version, is_wide = content[at], content[at + 3] & 1
    n_items = struct.unpack_from(">I", content, at + 4)[0]
    at += 8
    for _ in itertools.repeat(None, min(n_items, _MAX_BOXES)):
        number = struct.unpack_from(">I" if version else ">H", content, at)[0]
        at += 4 if version else 2
        n_properties, at = content[at], at + 1
        width, mask = (2, 0x7FFF) if is_wide else (1, 0x7F)
        raw = content[at : at + width * n_properties]
        if number == item:
            return [value & mask for value in struct.unpack(f">{n_properties}{'H' if is_wide else 'B'}", raw)]
        at += width * n_properties
    return []
