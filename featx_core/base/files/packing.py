"""Small pictures, packed without loss: as QOI, which takes a third of a millisecond for 224 x 224 pixels."""

from __future__ import annotations

import struct

import numpy as np


def pack(pixels: np.ndarray) -> bytes:
    """Pack uint8 pixels `(height, width, 3)`."""
    import imagecodecs

    return bytes(imagecodecs.qoi_encode(np.ascontiguousarray(pixels)))


def unpack(content: bytes, size: tuple[int, int]) -> np.ndarray | None:
    """Unpack what `pack` made of a picture of this size.

    Args:
        content: Perhaps something else, or damaged.
        size: `(height, width)` in pixels.

    Returns:
        uint8 `(*size, 3)`; None if it is not that.

    >>> unpack(pack(np.full((1, 2, 3), 7, np.uint8)), (1, 2)).tolist()
    [[[7, 7, 7], [7, 7, 7]]]
    """
    import imagecodecs

    height, width = size
    if content[:13] != b"qoif" + struct.pack(">IIB", width, height, 3):  # before a decoder makes room for it
        return None
    try:
        pixels: np.ndarray = imagecodecs.qoi_decode(content)
    except (ValueError, RuntimeError):
        return None
    return pixels if pixels.shape == (height, width, 3) else None
