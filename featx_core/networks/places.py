"""Where the cells of a map lie on the images that a network sees, and what one step of it does to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx_core.images.fitting import Cells

Sides = tuple[int, int]

Move = tuple[tuple[float, float], tuple[float, float]]
"""Down and across: the index in the input at which the first cell of the output is centred, and how far on the next is."""

UNMOVED: Move = ((0.0, 1.0), (0.0, 1.0))

EVERYWHERE = "everywhere"
"""Of what sees the whole image at once, such as the gate of a squeeze-and-excitation block."""

NOWHERE = "nowhere"
"""Of maps whose rows and columns are not those of the image, such as a spectrum."""


@dataclass(frozen=True)
class Place:
    """Where the cells of a map lie, vertically and horizontally, in pixels of the network's input.

    Attributes:
        first: The centre of the first cell. The centre of the first pixel is 0.5.
        step: From the centre of one cell to that of the next.
    """

    first: tuple[float, float]
    step: tuple[float, float]

    def moved(self, by: Move) -> Place:
        """Return the place of what a layer makes of this map."""
        (down, every_down), (across, every_across) = by
        return Place(
            (self.first[0] + down * self.step[0], self.first[1] + across * self.step[1]),
            (every_down * self.step[0], every_across * self.step[1]),
        )


PIXELS = Place((0.5, 0.5), (1.0, 1.0))
"""The pixels themselves."""


def cells_at(place: Place, size: Sides) -> Cells:
    """Return a place as shares of the images, whose height and width are given in pixels."""
    first, step = ((pair[0] / size[0], pair[1] / size[1]) for pair in (place.first, place.step))
    return Cells(first, step)


def slid(middle: tuple[float, float], dilation: Sides, before: Sides, strides: Sides) -> Move:
    """Say how a window moves the cells of a map that it slides over, down and across.

    Args:
        middle: Of the window, counted in weights.
        dilation: Cells from one weight to the next.
        before: Cells of padding before the first one.
        strides: Cells from one place of the window to the next.
    """
    down, across = (place * spread - start for place, spread, start in zip(middle, dilation, before, strict=True))
    return (down, strides[0]), (across, strides[1])


def enlarged(factors: tuple[float, float]) -> Move:
    """Say how a map moves its cells when each becomes several, `factors` down and across."""
    (down, every_down), (across, every_across) = ((0.5 / factor - 0.5, 1 / factor) for factor in factors)
    return (down, every_down), (across, every_across)


def joined(places: Sequence[Place | str]) -> Place | str:
    """Return the place of a map that is made of several: the mean of theirs, but for those that see the whole image."""
    some = [place for place in places if place != EVERYWHERE]
    here = [place for place in some if isinstance(place, Place)]
    if not some or len(here) < len(some):
        return NOWHERE if some else EVERYWHERE
    first, step = (np.mean([getattr(place, name) for place in here], axis=0).tolist() for name in ("first", "step"))
    return Place(tuple(first), tuple(step))


def middle_of(kernel: np.ndarray) -> tuple[float, float]:
    """Say where the weights of a kernel lie, by their squares, down and across from its first row and column.

    The middle of its window would not do: networks learn to lean against the padding that they are trained with. With
    ImageNet weights and 224 pixels, cells of EfficientNet-Lite0 look 12 pixels beside the middles of their windows, more
    than a third of a cell, and 2 beside where this places them.

    Args:
        kernel: float `(height, width, n_inputs, n_outputs)`. Not modified.

    Returns:
        The middle of the window where the weights are all 0, or not finite.

    >>> middle_of(np.array([0.0, 1.0, 1.0]).reshape(1, 3, 1, 1))
    (0.0, 1.5)
    """
    height, width = kernel.shape[:2]
    energies = np.einsum("hwio,hwio->hw", kernel, kernel, dtype=np.float64)
    total = float(energies.sum())
    if not math.isfinite(total) or total == 0:
        return (height - 1) / 2, (width - 1) / 2
    down, across = energies.sum(axis=1) @ np.arange(height), energies.sum(axis=0) @ np.arange(width)
    return float(down) / total, float(across) / total


def padded_before(side: int, kernel: int, stride: int, dilation: int) -> int:
    """Say how many cells "same" padding puts before the first one: as few as needed, and an odd one goes to the end.

    >>> padded_before(8, 3, 2, 1), padded_before(9, 3, 2, 1)
    (0, 1)

    Reference:
        TensorFlow API, `tf.nn.convolution`, "Notes on padding".
    """
    span = (kernel - 1) * dilation + 1
    return max((math.ceil(side / stride) - 1) * stride + span - side, 0) // 2
