"""The chunks of a PNG, read within limits."""

from __future__ import annotations

import struct
from collections.abc import Iterator

PNG_START = b"\x89PNG\r\n\x1a\n"


def png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Return `(kind, start, end)` of each chunk; the last may reach beyond the end of the file."""
    at = len(PNG_START)
    while at + 12 <= len(content):
        end = at + 12 + struct.unpack_from(">I", content, at)[0]
        yield content[at + 4 : at + 8], at, end
        at = end


def chunks_before_pixels(content: bytes) -> dict[bytes, bytes]:
    """Return what the chunks before the pixels hold, by their kind; of a kind that comes twice, the first."""
    found: dict[bytes, bytes] = {}
    for kind, start, end in png_chunks(content):
        if kind == b"IDAT":
            break
        found.setdefault(kind, content[start + 8 : end - 4])
    return found
