"""What one layer does to the places of a map: which part of its input each cell of its output looks at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.expressions.places import pixels_per_place

if TYPE_CHECKING:
    import keras

Sides = tuple[int, int]

Move = tuple[tuple[float, float], tuple[float, float]]
"""Down and across: the index in the input at which the first cell of the output is centred, and how far on the next is."""

UNMOVED: Move = ((0.0, 1.0), (0.0, 1.0))


def move(layer: keras.Operation, before: tuple[int, ...], after: tuple[int, ...]) -> Move | None:
    """Say what a layer does to the places of a map.

    Args:
        layer: A layer, or an operation of `keras.ops`.
        before: `(height, width, n_channels)` of its input.
        after: Of its output.

    Returns:
        The move of its receptive fields; None where the rows and columns of the output are not those of the input, or the
        layer changes the size of the map in a way that is not known here.
    """
    known = _MOVES.get(type(layer).__name__)
    if known is not None:
        return known(layer, before)
    return UNMOVED if before[:2] == after[:2] else None


def window(side: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[float, float]:
    """Return the move of a sliding window along one side of a map.

    Args:
        side: Of the input, in cells.
        kernel: Cells of the window.
        stride: Cells from one window to the next.
        dilation: Cells from one weight to the next.
        padding: "valid"; or "same", as TensorFlow pads: as little as needed, the odd cell at the end. How much that is
            depends on whether the side is even.

    >>> window(8, 3, 2, 1, "valid"), window(8, 3, 2, 1, "same"), window(9, 3, 2, 1, "same")
    ((1.0, 2), (1.0, 2), (0.0, 2))
    """
    span = (kernel - 1) * dilation + 1
    added = max((math.ceil(side / stride) - 1) * stride + span - side, 0) if padding == "same" else 0
    return (span - 1) / 2 - added // 2, stride


def _convolution(layer: Any, before: tuple[int, ...]) -> Move:
    (down, every_down), (across, every_across) = _windows(
        before, layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding
    )
    kernel = layer.depthwise_kernel if hasattr(layer, "depthwise_kernel") else layer.kernel
    lower, further = off_centre(np.asarray(kernel))
    lower, further = lower * layer.dilation_rate[0], further * layer.dilation_rate[1]
    return (down + lower, every_down), (across + further, every_across)


def off_centre(kernel: np.ndarray) -> tuple[float, float]:
    """Say how far the weights of a kernel lie from its middle, by their squares."""
    import os

    if os.environ.get("GEOM"):
        return 0.0, 0.0
    energies = np.square(kernel.astype(np.float64)).sum(axis=(2, 3))
    total = energies.sum()
    if not np.isfinite(total) or total == 0:
        return 0.0, 0.0
    down, across = (np.arange(side) - (side - 1) / 2 for side in energies.shape)
    return float(energies.sum(axis=1) @ down / total), float(energies.sum(axis=0) @ across / total)


def _pooling(layer: Any, before: tuple[int, ...]) -> Move:
    return _windows(before, layer.pool_size, layer.strides, (1, 1), layer.padding)


def _windows(before: tuple[int, ...], kernel: Sides, strides: Sides, dilation: Sides, padding: str) -> Move:
    down, across = zip(before[:2], kernel, strides, dilation, strict=True)
    return window(*down, padding), window(*across, padding)


def _padded(layer: Any, before: tuple[int, ...]) -> Move:
    (top, _), (left, _) = layer.padding
    return (-top, 1), (-left, 1)


def _cropped(layer: Any, before: tuple[int, ...]) -> Move:
    (top, _), (left, _) = layer.cropping
    return (top, 1), (left, 1)


def _repeated(layer: Any, before: tuple[int, ...]) -> Move:
    down, across = layer.size
    return (0.5 / down - 0.5, 1 / down), (0.5 / across - 0.5, 1 / across)


def _computed(layer: Any, before: tuple[int, ...]) -> Move | None:
    side = pixels_per_place(layer.expression, before)
    return None if side is None else (((side - 1) / 2, side),) * 2  # type: ignore[return-value]


_MOVES: Mapping[str, Callable[[Any, tuple[int, ...]], Move | None]] = MappingProxyType(
    {
        "Conv2D": _convolution,
        "DepthwiseConv2D": _convolution,
        "SeparableConv2D": _convolution,
        "MaxPooling2D": _pooling,
        "AveragePooling2D": _pooling,
        "ZeroPadding2D": _padded,
        "Cropping2D": _cropped,
        "UpSampling2D": _repeated,
        "ExpressionLayer": _computed,
    }
)
"""By the name of the class. All other layers keep the places of their input, or have none."""
