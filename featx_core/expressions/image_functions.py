"""Operations on images and feature maps `(n, height, width, n_channels)`: colours, filters, spectrum, pooling."""

from __future__ import annotations

import functools

import numpy as np

from featx_core.expressions.backends import Array, Backend, length

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in ITU-R BT.601, as in Pillow."""

TRUNCATE = 4.0
"""Where a blur ends, in standard deviations."""


def grayscale(backend: Backend, rows: Array) -> Array:
    """Return the lightness of each pixel, one channel. What has one channel stays as it is."""
    if rows.shape[-1] == 1:
        return rows
    red, green, blue = (rows[..., index : index + 1] * weight for index, weight in enumerate(LUMA))
    return red + green + blue


def sobel(backend: Backend, rows: Array) -> Array:
    """Return the strength of edges: the length of the gradient that the Sobel filters see, for each channel."""
    down = _smoothed(backend, _difference(backend, rows, 1), 2)
    across = _smoothed(backend, _difference(backend, rows, 2), 1)
    return length(backend, down * down + across * across)


def laplacian(backend: Backend, rows: Array) -> Array:
    """Return the sum of the second differences along both sides (five points), for each channel."""
    return sum(_before(backend, rows, axis) + _after(backend, rows, axis) - 2 * rows for axis in (1, 2))


def blur(backend: Backend, rows: Array, sigma: float) -> Array:
    """Blur with a Gaussian of this standard deviation in pixels, mirrored at the borders."""
    rows = apply(backend, gaussian(int(rows.shape[1]), sigma), rows, 1)
    return apply(backend, gaussian(int(rows.shape[2]), sigma), rows, 2)


def fft_magnitude(backend: Backend, rows: Array) -> Array:
    """Return how strong each spatial frequency is, the lowest in the middle, divided by the number of pixels."""
    height, width = rows.shape[1:3]
    shifted = backend.ops.roll(backend.spectrum(rows), height // 2, axis=1)
    return backend.ops.roll(shifted, width // 2, axis=2) / (height * width)


def pool(backend: Backend, rows: Array, side: float) -> Array:
    """Average squares of side x side pixels that do not overlap; what is left at the right and below is dropped."""
    k, (height, width, n_channels) = int(side), rows.shape[1:]
    whole = rows[:, : height // k * k, : width // k * k]
    squares = backend.ops.reshape(whole, (-1, height // k, k, width // k, k, n_channels))
    return backend.ops.mean(squares, axis=(2, 4))


def channel_mean(backend: Backend, rows: Array) -> Array:
    """Return the mean of each channel."""
    return backend.ops.mean(rows, axis=(1, 2))


def channel_max(backend: Backend, rows: Array) -> Array:
    """Return the largest value of each channel."""
    return backend.ops.max(rows, axis=(1, 2))


def apply(backend: Backend, matrix: np.ndarray, rows: Array, axis: int) -> Array:
    """Multiply a matrix `(n_out, n_in)` onto the height (axis 1) or the width (axis 2) of each map."""
    ops, order = backend.ops, (0, 1, 2, 3) if axis == 1 else (0, 2, 1, 3)
    turned = ops.transpose(rows, order)
    n_in, n_other, n_channels = turned.shape[1:]
    flat = ops.reshape(turned, (-1, n_in, n_other * n_channels))
    product = ops.matmul(ops.cast(matrix, rows.dtype) if ops is not np else matrix.astype(rows.dtype), flat)
    return ops.transpose(ops.reshape(product, (-1, matrix.shape[0], n_other, n_channels)), order)


@functools.lru_cache(maxsize=32)
def gaussian(n_pixels: int, sigma: float) -> np.ndarray:
    """Return the matrix that blurs one side of an image, mirrored at the borders (d c b a | a b c d | d c b a).

    Returns:
        float64 `(n_pixels, n_pixels)`; rows add up to 1.
    """
    radius = int(TRUNCATE * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    matrix = np.zeros((n_pixels, n_pixels))
    places = (np.arange(n_pixels)[:, np.newaxis] + offsets) % (2 * n_pixels)
    mirrored = np.where(places < n_pixels, places, 2 * n_pixels - 1 - places)
    np.add.at(matrix, (np.arange(n_pixels)[:, np.newaxis], mirrored), weights / weights.sum())
    matrix.flags.writeable = False
    return matrix


def difference(backend: Backend, rows: Array, axis: int) -> Array:
    """Return for each pixel the one after it minus the one before it; beyond the border lies the border's own value."""
    return _difference(backend, rows, axis)


def _difference(backend: Backend, rows: Array, axis: int) -> Array:
    return _after(backend, rows, axis) - _before(backend, rows, axis)


def _smoothed(backend: Backend, rows: Array, axis: int) -> Array:
    return _before(backend, rows, axis) + 2 * rows + _after(backend, rows, axis)


def _before(backend: Backend, rows: Array, axis: int) -> Array:
    first, rest = (rows[:, :1], rows[:, :-1]) if axis == 1 else (rows[:, :, :1], rows[:, :, :-1])
    return backend.ops.concatenate([first, rest], axis=axis)


def _after(backend: Backend, rows: Array, axis: int) -> Array:
    rest, last = (rows[:, 1:], rows[:, -1:]) if axis == 1 else (rows[:, :, 1:], rows[:, :, -1:])
    return backend.ops.concatenate([rest, last], axis=axis)
