"""Pixels as stored in a file, of any bit depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Raster:
    """Pixels as a file holds them, before they are brought to 8 bits.

    Attributes:
        values: Whole or real numbers, `(height, width)` or `(height, width, n_channels)`.
        n_bits: Of one value, as the file says: 12 for 12 bits in 16.
        mode: What they become, as Pillow calls it: "L", "LA", "La", "RGB", "RGBA", "RGBa", "CMYK".
        is_inverted: Whether the smallest value is white.
        declared: The values that the file declares black and white, or None.
        missing: The value that the file declares to be none, or None.
        clear: The value that the file declares to be transparent, or None.
        notes: What has been done so far, in plain words.
    """

    values: np.ndarray
    n_bits: int
    mode: str = "L"
    is_inverted: bool = False
    declared: tuple[float, float] | None = None
    missing: float | None = None
    clear: int | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel says how opaque a pixel is."""
        return self.mode[-1] in "Aa"

    @property
    def type_range(self) -> tuple[float, float]:
        """The smallest and the largest value that the type can hold; 0 and 1 for real numbers."""
        if self.values.dtype.kind == "f":
            return 0.0, 1.0
        if self.values.dtype.kind == "i":
            return -(2.0 ** (self.n_bits - 1)), 2.0 ** (self.n_bits - 1) - 1
        return 0.0, 2.0**self.n_bits - 1


@dataclass(frozen=True)
class Composite:
    """Channels of a file, each a measurement of its own, and the colours in which they are shown.

    Attributes:
        channel: Reads one of them, counted from 1, as a raster in mode "L".
        colors: Those that become red, green and blue; 0 for none.
        alpha: How opaque each pixel is, as a raster in mode "L", or None.
        is_premultiplied: Whether the channels were multiplied by it.
        notes: What has been done so far, in plain words.
    """

    channel: Callable[[int], Raster]
    colors: tuple[int, int, int]
    alpha: Raster | None = None
    is_premultiplied: bool = False
    notes: tuple[str, ...] = ()
