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
    for kind, start, end in _primary_properties(content):
        if kind == b"colr" and content[start : start + 4] == b"nclx" and end - start >= 11:
            primaries, curve, _, flags = struct.unpack_from(">HHHB", content, start + 4)
            return primaries, curve, bool(flags & 0x80)
    return None


def clean_aperture(content: bytes, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Read which part of the primary image is meant to be seen (clap), before it is turned.

    Args:
        content: The file.
        width: Of the image as it is coded, in pixels.
        height: Of the image as it is coded, in pixels.

    Returns:
        Left, top, right and bottom in pixels; None where all of it is meant, or no such part can be.
    """
    for kind, start, end in _primary_properties(content):
        if kind == b"clap" and end - start >= 32:
            numbers = struct.unpack_from(">IiIiiiii", content, start)
            size, shift = (tuple(_ratio(*numbers[at : at + 2]) for at in places) for places in ((0, 2), (4, 6)))
            return _aperture((size[0], size[1]), (shift[0], shift[1]), width, height)
    return None


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator > 0 else -1e9


def _aperture(
    size: tuple[float, float], shift: tuple[float, float], width: int, height: int
) -> tuple[int, int, int, int] | None:
    """Place an aperture of a width and height whose centre lies so far right of and below that of the image."""
    left, top = (width - size[0]) / 2 + shift[0], (height - size[1]) / 2 + shift[1]
    edges = (left, top, left + size[0], top + size[1])
    is_inside = 0 <= left < edges[2] <= width and 0 <= top < edges[3] <= height
    if not is_inside or any(edge != int(edge) for edge in edges) or size == (width, height):
        return None
    return int(left), int(top), int(edges[2]), int(edges[3])


def unread_still(content: bytes) -> str | None:
    """Name a file of this family whose image is of a kind that is not read, though it may be sound; else None."""
    meta = _found(content, b"meta", 0, len(content))
    if meta is None:
        is_sequence = _found(content, b"moov", 0, len(content)) is not None
        return "sequence of images without a still one" if is_sequence else None
    layers = [kind for kind in _item_kinds(content).values() if kind == b"lhv1"]
    kind = _item_kinds(content).get(_primary_number(content), b"")
    if kind in _CODINGS:
        return f"HEIF of an image coded as {_CODINGS[kind]}"
    if layers:
        return "HEIF of an image in layers (L-HEVC)"
    colors = next((start for kind, start, _ in _primary_properties(content) if kind == b"colr"), None)
    matrix = (
        struct.unpack_from(">H", content, colors + 8)[0] if colors and content[colors : colors + 4] == b"nclx" else 2
    )
    return f"HEIF or AVIF whose colours are coded by matrix {matrix} of H.273" if matrix in _RARE_MATRICES else None


_CODINGS = {
    b"avc1": "H.264",
    b"jpeg": "JPEG",
    b"j2k1": "JPEG 2000",
    b"unci": "raw values",
    b"vvc1": "H.266",
    b"evc1": "EVC",
}
_RARE_MATRICES = (3, *range(10, 256))


def _item_kinds(content: bytes) -> dict[int, bytes]:
    """Read of what kind each item is, by its number."""
    meta = _found(content, b"meta", 0, len(content))
    items = _found(content, b"iinf", meta[0] + 4, meta[1]) if meta is not None else None
    if items is None:
        return {}
    kinds = {}
    for box, start, _ in boxes(content, items[0] + (8 if content[items[0]] else 6), items[1]):
        if box == b"infe":
            is_long = content[start] > 2
            number = struct.unpack_from(">I" if is_long else ">H", content, start + 4)[0]
            kinds[number] = content[start + (10 if is_long else 8) :][:4]
    return kinds


def _primary_properties(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Return the properties of the primary image as `(kind, start of its body, end)`."""
    meta = _found(content, b"meta", 0, len(content))
    if meta is None:
        return
    parts = {kind: (start, end) for kind, start, end in boxes(content, meta[0] + 4, meta[1])}
    if not {b"iprp", b"pitm"} <= parts.keys():
        return
    properties, associations = (_found(content, kind, *parts[b"iprp"]) for kind in (b"ipco", b"ipma"))
    if properties is None or associations is None:
        return
    listed = list(boxes(content, *properties))
    for number in _properties_of(content, _primary(content, parts[b"pitm"][0]), associations[0]):
        if 0 < number <= len(listed):
            yield listed[number - 1]


def _primary_number(content: bytes) -> int:
    meta = _found(content, b"meta", 0, len(content))
    place = _found(content, b"pitm", meta[0] + 4, meta[1]) if meta is not None else None
    return _primary(content, place[0]) if place is not None else -1


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
