"""TIFF files written by hand, without a library that reads them too."""

import itertools
import struct
from collections.abc import Sequence

import numpy as np

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 11: 4, 12: 8, 16: 8}
CODES = {3: "H", 4: "I", 11: "f", 12: "d", 16: "Q"}


def ramp(width: int = 64, height: int = 48) -> np.ndarray:
    """Return values that rise from 0 at the left to 1 at the right."""
    return np.tile(np.linspace(0, 1, width), (height, 1))


def colors(width: int = 64, height: int = 48) -> np.ndarray:
    """Return red that rises, green in the middle, blue that falls: 0 to 1, `(height, width, 3)`."""
    rising = ramp(width, height)
    return np.stack([rising, np.full_like(rising, 0.5), 1 - rising], axis=-1)


def tiff(
    values: np.ndarray,
    *,
    n_bits: int | None = None,
    photometric: int | None = 1,
    planar: bool = False,
    extra: Sequence[tuple[int, int, Sequence[float] | bytes]] = (),
    order: str = "<",
    big: bool = False,
    pieces: Sequence[bytes] | None = None,
    packing: int = 1,
    tile: tuple[int, int] | None = None,
) -> bytes:
    """Write one page.

    Args:
        values: `(height, width)` or `(height, width, n_channels)`, in the type that the file has.
        n_bits: Of one value; that of the type unless given.
        photometric: What the channels mean: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK; None leaves it out.
        planar: Whether each channel is written on its own.
        extra: More tags, `(tag, type, values)`; in place of those that are written otherwise.
        order: "<" or ">".
        big: Whether to write BigTIFF.
        pieces: The strips or tiles as they are packed; one uncompressed strip a plane unless given.
        packing: The number of the compression.
        tile: `(height, width)` of the tiles that `pieces` are.
    """
    cube = values if values.ndim == 3 else values[..., None]
    height, width, n_channels = cube.shape
    kind = cube.dtype.newbyteorder(order)
    planes = np.moveaxis(cube, -1, 0) if planar else [cube]
    strips = pieces if pieces is not None else [np.ascontiguousarray(plane).astype(kind).tobytes() for plane in planes]
    starts_at, sizes_at = (324, 325) if tile is not None else (273, 279)
    tags: dict[int, tuple[int, Sequence[float] | bytes]] = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [n_bits or 8 * cube.dtype.itemsize] * n_channels),
        259: (3, [packing]),
        starts_at: (4, [0] * len(strips)),
        277: (3, [n_channels]),
        sizes_at: (4, [len(strip) for strip in strips]),
        284: (3, [2 if planar else 1]),
        339: (3, [{"u": 1, "i": 2, "f": 3, "c": 6}[cube.dtype.kind]] * n_channels),
    }
    tags |= {} if photometric is None else {262: (3, [photometric])}
    tags |= {278: (4, [height])} if tile is None else {322: (4, [tile[1]]), 323: (4, [tile[0]])}
    tags |= {tag: (form, given) for tag, form, given in extra}
    return _assembled(tags, starts_at, strips, order, big)


def _assembled(tags: dict, starts_at: int, strips: Sequence[bytes], order: str, big: bool) -> bytes:
    offset, inside, head = ("Q", 8, 16) if big else ("I", 4, 8)
    blobs, body, where = bytearray(), b"", {}
    after = head + (8 if big else 2) + len(tags) * (20 if big else 12) + inside
    for tag, (form, given) in sorted(tags.items()):
        if len(given) * SIZES[form] > inside:
            where[tag] = len(blobs)
            blobs += bytes(-(-len(given) * SIZES[form] // 8) * 8)
    starts = list(itertools.accumulate(map(len, strips[:-1]), initial=after + len(blobs)))
    for tag, (form, given) in sorted(tags.items()):
        numbers = starts if tag == starts_at else given
        raw = bytes(numbers) if form in (1, 2, 7) else struct.pack(f"{order}{len(numbers)}{CODES[form]}", *numbers)
        if tag in where:
            blobs[where[tag] : where[tag] + len(raw)] = raw
            raw = struct.pack(order + offset, after + where[tag])
        body += struct.pack(f"{order}HH{offset}", tag, form, len(given)) + raw.ljust(inside, b"\0")
    start = b"II" if order == "<" else b"MM"
    start += struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8)
    start += struct.pack(order + ("Q" if big else "H"), len(tags))
    return start + body + bytes(inside) + bytes(blobs) + b"".join(strips)
