"""The backends of expressions: NumPy for the server and for tables, Keras for networks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.keras_setup import load_keras

Array = Any
"""A NumPy array or a Keras tensor, rows in its first axis."""


@dataclass(frozen=True)
class Backend:
    """A library of array functions.

    Attributes:
        ops: A module with the functions of NumPy: `numpy`, or `keras.ops`.
        spectrum: From `(n, height, width, n_channels)` to the magnitude of the two-dimensional Fourier transform, same shape.
        sigmoid: From an array to the logistic function of each number, exact over the whole range of float32.
        constant: From a number and an array to an array of shape `(1,)` of that dtype.
    """

    ops: Any
    spectrum: Callable[[Array], Array]
    sigmoid: Callable[[Array], Array]
    constant: Callable[[float, Array], Array]


def _numpy_spectrum(rows: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.fft2(rows, axes=(1, 2))).astype(rows.dtype)


def _numpy_sigmoid(values: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return np.asarray(expit(values))


NUMPY = Backend(np, _numpy_spectrum, _numpy_sigmoid, lambda value, like: np.full((1,), value, like.dtype))


@functools.cache
def keras_backend() -> Backend:
    """Return the backend of networks. Imports Keras."""
    ops = load_keras().ops

    def spectrum(rows: Array) -> Array:
        real = ops.transpose(rows, (0, 3, 1, 2))
        real, imaginary = ops.fft2((real, ops.zeros_like(real)))
        return ops.transpose(length(KERAS, ops.square(real) + ops.square(imaginary)), (0, 2, 3, 1))

    KERAS = Backend(ops, spectrum, ops.sigmoid, lambda value, like: ops.full((1,), value, dtype=like.dtype))  # noqa: N806
    return KERAS


def length(backend: Backend, squares: Array) -> Array:
    """Return the square root of a sum of squares; where it is 0, its gradient is 0 rather than undefined."""
    ops = backend.ops
    is_zero = squares <= 0
    return ops.where(is_zero, ops.zeros_like(squares), ops.sqrt(ops.where(is_zero, ops.ones_like(squares), squares)))
