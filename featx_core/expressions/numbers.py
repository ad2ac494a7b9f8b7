"""Element-wise operations and operations on whole rows. The first axis of an array holds its rows."""

from __future__ import annotations

import math

from featx_core.expressions.backends import Array, Backend, length

ORDINARY = (1e-15, 1e15)
"""Rows whose largest number lies between these are computed as they are: their squares neither vanish nor overflow."""

FAR_BELOW = -200.0
"""Half of an exponent whose power is 0 in float32."""


def power(backend: Backend, base: Array, exponent: float) -> Array:
    """Raise to a constant power: whole ones by multiplying, so that `x ** 2` is exactly `x * x`."""
    if exponent < 0:
        return 1 / power(backend, base, -exponent)
    if not exponent.is_integer():
        return backend.ops.sqrt(base) if exponent == 0.5 else backend.ops.power(base, exponent)
    result, square, left = None, base, int(exponent)
    while left:
        if left % 2:
            result = square if result is None else result * square
        left //= 2
        square = square * square if left else square
    return backend.ops.ones_like(base) if result is None else result


def truth(backend: Backend, condition: Array, like: Array) -> Array:
    """Return 1 where a condition holds and 0 where not."""
    return backend.ops.where(condition, backend.constant(1.0, like), backend.constant(0.0, like))


def sigmoid(backend: Backend, values: Array) -> Array:
    """Return 1 / (1 + exp(-x)): without overflow, and exact far below 0, too, so that its logarithm is."""
    return backend.sigmoid(values)


def relu(backend: Backend, values: Array) -> Array:
    """Return the larger of 0 and the value."""
    return backend.ops.maximum(values, backend.constant(0.0, values))


def clip(backend: Backend, values: Array, low: Array, high: Array) -> Array:
    """Keep values between two bounds; where the bounds are crossed, the upper one holds."""
    return backend.ops.minimum(backend.ops.maximum(values, low), high)


def where(backend: Backend, condition: Array, yes: Array, no: Array) -> Array:
    """Choose number by number: the second where the first is not 0, else the third."""
    return backend.ops.where(backend.ops.not_equal(condition, backend.constant(0.0, condition)), yes, no)


def mean(backend: Backend, rows: Array) -> Array:
    """Return the mean of each row."""
    scale = _kept_scale(backend, rows)
    return backend.ops.mean(rows / scale, axis=_axes(rows)) * backend.ops.reshape(scale, (-1,))


def total(backend: Backend, rows: Array) -> Array:
    """Return the sum of each row."""
    scale = _kept_scale(backend, rows)
    return backend.ops.sum(rows / scale, axis=_axes(rows)) * backend.ops.reshape(scale, (-1,))


def smallest(backend: Backend, rows: Array, *others: Array) -> Array:
    """Return the smallest number of each row, or number by number the smaller of two values."""
    return backend.ops.minimum(rows, others[0]) if others else backend.ops.min(rows, axis=_axes(rows))


def largest(backend: Backend, rows: Array, *others: Array) -> Array:
    """Return the largest number of each row, or number by number the larger of two values."""
    return backend.ops.maximum(rows, others[0]) if others else backend.ops.max(rows, axis=_axes(rows))


def norm(backend: Backend, rows: Array) -> Array:
    """Return the length of each row. Rows are scaled by their largest number first, so that squares do not overflow."""
    peak = _kept_peak(backend, rows)
    squares = backend.ops.sum(_square(rows / peak), axis=_axes(rows))
    return length(backend, squares) * backend.ops.reshape(peak, (-1,))


def deviation(backend: Backend, rows: Array) -> Array:
    """Return the standard deviation of each row (of the population: divided by n)."""
    scale = _kept_scale(backend, rows)
    scaled = rows / scale
    centered = scaled - backend.ops.mean(scaled, axis=_axes(rows), keepdims=True)
    spread = length(backend, backend.ops.mean(_square(centered), axis=_axes(rows)))
    return spread * backend.ops.reshape(scale, (-1,))


def standardize(backend: Backend, rows: Array) -> Array:
    """Scale each row to mean 0 and standard deviation 1; a constant row becomes 0."""
    scaled = rows / _kept_scale(backend, rows)
    centered = scaled - backend.ops.mean(scaled, axis=_axes(rows), keepdims=True)
    return _divided(
        backend, centered, length(backend, backend.ops.mean(_square(centered), axis=_axes(rows), keepdims=True))
    )


def normalize(backend: Backend, rows: Array) -> Array:
    """Give each row the length 1; a row of zeros stays as it is."""
    scaled = rows / _kept_peak(backend, rows)
    return _divided(backend, scaled, length(backend, backend.ops.sum(_square(scaled), axis=_axes(rows), keepdims=True)))


def rescale(backend: Backend, rows: Array) -> Array:
    """Bring each row to 0..1; a constant row becomes 0."""
    scaled = rows / _kept_scale(backend, rows)
    lowest = backend.ops.min(scaled, axis=_axes(rows), keepdims=True)
    return _divided(backend, scaled - lowest, backend.ops.max(scaled, axis=_axes(rows), keepdims=True) - lowest)


def softmax(backend: Backend, rows: Array) -> Array:
    """Return shares that add up to 1 in each row, in the proportions of exp(x)."""
    below = rows / 2 - backend.ops.max(rows, axis=_axes(rows), keepdims=True) / 2  # halves, whose difference is finite
    shares = backend.ops.exp(2 * backend.ops.maximum(below, backend.constant(FAR_BELOW, rows)))
    return shares / backend.ops.sum(shares, axis=_axes(rows), keepdims=True)


def flatten(backend: Backend, rows: Array) -> Array:
    """Put all numbers of a row one after another."""
    n_values = 1
    for side in rows.shape[1:]:
        n_values *= side
    return backend.ops.reshape(rows, (-1, n_values))


def pick(backend: Backend, rows: Array, number: float) -> Array:
    """Return one channel of each map, or one value of each vector."""
    return rows[..., int(number) : int(number) + 1]


def histogram(backend: Backend, rows: Array, bins: float) -> Array:
    """Count which share of the values falls into each of equal bins over 0..1, for each channel by itself.

    Values below 0 count in the first bin and those above 1 in the last; a value on an edge counts in the upper bin.
    """
    ops, n_bins = backend.ops, int(bins)
    n_channels = rows.shape[-1] if len(rows.shape) > 2 else 1
    values = ops.reshape(rows, (-1, *_places_and_channels(tuple(rows.shape[1:]))))
    number = ops.floor(
        clip(backend, values * n_bins, backend.constant(0.0, rows), backend.constant(n_bins - 1.0, rows))
    )
    is_in = (ops.equal(number, backend.constant(float(index), rows)) for index in range(n_bins))
    counts = [ops.mean(truth(backend, inside, rows), axis=1) for inside in is_in]
    return ops.reshape(ops.stack(counts, axis=-1), (-1, n_channels * n_bins))


def _places_and_channels(shape: tuple[int, ...]) -> tuple[int, int]:
    n_places = 1
    for side in shape[:-1] if len(shape) > 1 else shape:
        n_places *= side
    return n_places, shape[-1] if len(shape) > 1 else 1


def _axes(rows: Array) -> tuple[int, ...]:
    return tuple(range(1, len(rows.shape)))


def _square(values: Array) -> Array:
    return values * values


def _kept_peak(backend: Backend, rows: Array) -> Array:
    """Return the largest absolute value of each row, and 1 for a row of zeros."""
    peak = backend.ops.max(backend.ops.abs(rows), axis=_axes(rows), keepdims=True)
    return backend.ops.where(peak > 0, peak, backend.ops.ones_like(peak))


def _kept_scale(backend: Backend, rows: Array) -> Array:
    """Return the largest absolute value of a row of very large or very small numbers, and 1 for any other row."""
    ops = backend.ops
    peak = ops.max(ops.abs(rows), axis=_axes(rows), keepdims=True)
    is_small = ops.logical_and(peak > 0, peak < ORDINARY[0])
    is_large = ops.logical_and(peak > ORDINARY[1], peak < math.inf)
    return ops.where(ops.logical_or(is_small, is_large), peak, ops.ones_like(peak))


def _divided(backend: Backend, values: Array, by: Array) -> Array:
    """Divide, giving 0 where both are 0."""
    return values / backend.ops.where(by > 0, by, backend.ops.ones_like(by))
