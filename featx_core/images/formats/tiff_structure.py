"""The directories and tags of a TIFF or BigTIFF, read within limits and without its pixels."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

STRIPS, TILES = (273, 279), (324, 325)
"""Tags: where the strips or tiles begin, and their bytes."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_TEXT = 2
_PIXEL_TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, *range(273, 282), 284, *range(290, 294), *range(317, 326), 332}
    | {*range(338, 348), *range(512, 522), *range(529, 533), 32997, 32998, 42113, 50674}
)
"""Tags that tell how the pixels of a page are stored: no text, and no structures that a maker invented."""
_MAX_TAGS = 4096  # of one page
_N_REPEATS = 4  # how often a file may point to each of its bytes, on average


@dataclass(frozen=True)
class Layout:
    """How a TIFF writes its numbers.

    Attributes:
        order: "<" or ">".
        is_big: Whether it is a BigTIFF, with offsets of 64 bits.
    """

    order: str
    is_big: bool

    @property
    def offset(self) -> struct.Struct:
        """The form of an offset."""
        return struct.Struct(self.order + ("Q" if self.is_big else "I"))

    @property
    def count(self) -> struct.Struct:
        """The form of the number of entries before a directory."""
        return struct.Struct(self.order + ("Q" if self.is_big else "H"))

    @property
    def entry(self) -> struct.Struct:
        """The form of an entry: tag, type, number of values, and the bytes of the value or its offset."""
        return struct.Struct(self.order + ("HHQ8s" if self.is_big else "HHI4s"))


@dataclass(frozen=True)
class Entry:
    """One tag of a directory.

    Attributes:
        kind: The TIFF type of its values.
        n_values: How many it has.
        at: Where the values begin in the file.
        raw: The entry as it stands in the directory.
    """

    kind: int
    n_values: int
    at: int
    raw: bytes

    @property
    def n_bytes(self) -> int:
        """The bytes of all its values."""
        return self.n_values * _SIZES.get(self.kind, 1)


def layout(content: bytes) -> Layout | None:
    r"""Tell how a TIFF writes its numbers; None for other files.

    >>> layout(b"II*\x00"), layout(b"GIF89a")
    (Layout(order='<', is_big=False), None)
    """
    known = {b"II*\x00": ("<", False), b"MM\x00*": (">", False), b"II+\x00": ("<", True), b"MM\x00+": (">", True)}
    return Layout(*known[content[:4]]) if content[:4] in known else None


def directories(content: bytes) -> Iterator[int]:
    """Return where each directory (one a page) of a TIFF begins, following the chain once."""
    form = layout(content)
    if form is None:
        return
    seen: set[int] = set()
    at = _unpacked(form.offset, content, 8 if form.is_big else 4)
    while at and at not in seen and at + form.count.size <= len(content):
        yield at
        seen.add(at)
        at = _unpacked(form.offset, content, _end_of(content, at, form))


def _end_of(content: bytes, at: int, form: Layout) -> int:
    return at + form.count.size + form.entry.size * _unpacked(form.count, content, at)


def _unpacked(form: struct.Struct, content: bytes, at: int) -> int:
    return form.unpack_from(content, at)[0] if at + form.size <= len(content) else 0


def page_count(content: bytes, most: int) -> int:
    """Count the pages, at most `most`. Pillow's own count takes minutes for a hostile file of 6 MB."""
    return max(1, sum(1 for _ in itertools.islice(directories(content), most)))


def entries(content: bytes, at: int | None = None) -> dict[int, Entry]:
    """Read the tags of the page that begins at an offset, of the first page unless given.

    Of a tag that comes twice, the first counts.
    """
    form, at = layout(content), next(directories(content), None) if at is None else at
    if form is None or at is None:
        return {}
    found: dict[int, Entry] = {}
    start = at + form.count.size
    for place in range(start, min(_end_of(content, at, form), start + _MAX_TAGS * form.entry.size), form.entry.size):
        if place + form.entry.size > len(content):
            break
        tag, kind, n_values, value = form.entry.unpack_from(content, place)
        is_inside = n_values * _SIZES.get(kind, 1) <= len(value)
        where = place + form.entry.size - len(value) if is_inside else form.offset.unpack(value)[0]
        found.setdefault(tag, Entry(kind, n_values, where, content[place : place + form.entry.size]))
    return found


def values(content: bytes, entry: Entry | None) -> tuple[float, ...]:
    """Read the numbers of one tag; none where it is missing, no number, or lies beyond the end."""
    form = layout(content)
    if form is None or entry is None or entry.kind not in _CODES or entry.at + entry.n_bytes > len(content):
        return ()
    return struct.unpack_from(f"{form.order}{entry.n_values}{_CODES[entry.kind]}", content, entry.at)


def text(content: bytes, entry: Entry | None, max_bytes: int = 1000) -> str:
    """Read the text of one tag, its first bytes; empty where it is missing or no text."""
    if entry is None or entry.kind != _TEXT:
        return ""
    return content[entry.at : entry.at + min(entry.n_bytes, max_bytes)].split(b"\0")[0].decode("latin-1").strip()


def pieces(content: bytes, tags: dict[int, Entry]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read where the strips or tiles of a page begin, and the bytes of each."""
    starts, sizes = TILES if TILES[0] in tags else STRIPS
    return values(content, tags.get(starts)), values(content, tags.get(sizes))


def ends_early(content: bytes, tags: dict[int, Entry] | None = None) -> bool:
    """Return whether a TIFF's first directory, or the strips or tiles of a page (the first), lie beyond the end."""
    form, at = layout(content), next(directories(content), None)
    if form is None:
        return False
    if at is None or _end_of(content, at, form) > len(content):
        return True
    starts, sizes = pieces(content, entries(content) if tags is None else tags)
    ends = [start + size for start, size in itertools.zip_longest(starts, sizes, fillvalue=0)]
    return max(ends, default=len(content) + 1) > len(content)


def is_overloaded(content: bytes, tags: dict[int, Entry]) -> bool:
    """Return whether a page makes a reader read the same bytes over and over."""
    sizes = [entry.n_bytes for tag, entry in tags.items() if tag in _PIXEL_TAGS]
    sizes.extend(int(size) for size in pieces(content, tags)[1])
    return sum(min(size, len(content)) for size in sizes) > _N_REPEATS * len(content) + 1_000_000


def one_page(content: bytes, tags: dict[int, Entry]) -> bytes:
    """Return a TIFF that has one page alone, with those tags alone that tell how its pixels are stored.

    Makers of microscopes and cameras put structures of their own into a TIFF, whose readers know no bound.
    """
    form = layout(content)
    assert form is not None
    kept = [entry.raw for tag, entry in sorted(tags.items()) if tag in _PIXEL_TAGS]
    head = 8 if form.is_big else 4
    padded = content + bytes(-len(content) % 8)
    directory = form.count.pack(len(kept)) + b"".join(kept) + bytes(form.offset.size)
    return padded[:head] + form.offset.pack(len(padded)) + padded[head + form.offset.size :] + directory
