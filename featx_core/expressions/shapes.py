"""Output shapes of operations, computed before any values."""

from __future__ import annotations

import math
from collections.abc import Sequence

Shape = tuple[int, ...]
"""Of one row: `()` for one number, `(n,)` for a vector, `(height, width, n_channels)` for an image or a map."""


class ShapeError(ValueError):
    """Why an operation does not fit to what it is applied to: the end of a sentence that begins with its name."""


def words(shape: Shape) -> str:
    """Name a shape.

    >>> words(()), words((10,)), words((64, 64, 3)), words((7, 7, 1280))
    ('one number', 'a vector of 10 values', 'an image of 64 x 64 x 3', 'a map of 7 x 7 x 1280')
    """
    if not shape:
        return "one number"
    if len(shape) == 1:
        return f"a vector of {shape[0]} value{'' if shape[0] == 1 else 's'}"
    kind = "an image" if len(shape) == 3 and shape[-1] in (1, 3) else "a map" if len(shape) == 3 else "an array"
    return f"{kind} of {' x '.join(map(str, shape))}"


def together(shapes: Sequence[Shape]) -> Shape:
    """Return the shape of what is computed number by number from several values.

    One number goes with everything, a vector with a map of as many channels, one channel with several. The result is
    never larger than the largest of the values.

    Raises:
        ShapeError: If the shapes do not go together.

    >>> together([(4, 4, 3), ()]), together([(4, 4, 3), (3,)]), together([(4, 4, 1), (4, 4, 3)])
    ((4, 4, 3), (4, 4, 3), (4, 4, 3))
    """
    rank = max(map(len, shapes))
    padded = [expanded(shape, rank) for shape in shapes]
    largest = max(padded, key=math.prod)
    if any(side not in (1, most) for shape in padded for side, most in zip(shape, largest, strict=True)):
        raise ShapeError(f"needs values of compatible shapes; here they are {' and '.join(map(words, shapes))}")
    return largest


def expanded(shape: Shape, rank: int) -> Shape:
    """Give a shape more axes, of length 1, before its own."""
    return (1,) * (rank - len(shape)) + shape


def same(shape: Shape) -> Shape:
    """Of operations that keep every shape."""
    return shape


def one_number(shape: Shape) -> Shape:
    """Of operations that make one number of a whole row."""
    return _row(shape) and ()


def whole_row(shape: Shape) -> Shape:
    """Of operations that need a whole row and keep its shape."""
    return _row(shape)


def spatial(shape: Shape) -> Shape:
    """Of operations that need height and width and keep the shape."""
    if len(shape) != 3:
        raise ShapeError(f"needs an image or a feature map; here {{it}} is {words(shape)}")
    return shape


def filtered(shape: Shape, strength: float) -> Shape:
    """Of filters with a parameter that changes no shape."""
    del strength
    return spatial(shape)


def one_channel(shape: Shape) -> Shape:
    """Of operations that need the colours of an image, and make one channel of them."""
    if len(spatial(shape)) == 3 and shape[2] not in (1, 3):
        raise ShapeError(f"needs an image with 1 or 3 channels; here {{it}} is {words(shape)}")
    return (*shape[:2], 1)


def channels(shape: Shape) -> Shape:
    """Of operations that make one number of each channel."""
    return spatial(shape)[2:]


def flat(shape: Shape) -> Shape:
    """Of an operation that puts all numbers one after another."""
    return (math.prod(_row(shape)),)


def binned(shape: Shape, bins: float) -> Shape:
    """Of a histogram: of each channel, or of a vector."""
    _row(shape)
    return (int(bins) * (shape[-1] if len(shape) > 1 else 1),)


def pooled(shape: Shape, side: float) -> Shape:
    """Of pooling by squares of a side."""
    height, width, n_channels = spatial(shape)
    if min(height, width) < side:
        raise ShapeError(f"by {side:.0f} x {side:.0f} needs at least that size; here {{it}} is {words(shape)}")
    return (height // int(side), width // int(side), n_channels)


def picked(shape: Shape, number: float) -> Shape:
    """Of picking one channel of a map, or one value of a vector, counted from 0."""
    if number >= _row(shape)[-1]:
        raise ShapeError(f"can pick number 0 to {shape[-1] - 1}; here {{it}} is {words(shape)}")
    return (*shape[:-1], 1)


def _row(shape: Shape) -> Shape:
    if not shape:
        raise ShapeError("needs a vector, an image or a feature map; here {it} is one number")
    return shape
