"""What one layer does to the places of a map: which part of its input each cell of its output looks at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.expressions.places import pixels_per_place
from featx_core.networks.leans import lean_of

if TYPE_CHECKING:
    import keras

Sides = tuple[int, int]

Move = tuple[tuple[float, float], tuple[float, float]]
"""Down and across: the index in the input at which the first cell of the output is centred, and how far on the next is."""

UNMOVED: Move = ((0.0, 1.0), (0.0, 1.0))


def move(layer: keras.Operation, before: tuple[int, ...], after: tuple[int, ...]) -> Move | None:
    """Say what a layer does to the places of a map.

    Args:
        layer: A layer with its weights, or an operation of `keras.ops`.
        before: `(height, width, n_channels)` of its input.
        after: Of its output.

    Returns:
        The move of the cells; None where the rows and columns of the output are not those of the input, or the layer changes
        the size of the map in a way that is not known here.
    """
    known = _MOVES.get(type(layer).__name__)
    if known is not None:
        return known(layer, before)
    return UNMOVED if before[:2] == after[:2] else None


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


def _convolution(layer: Any, before: tuple[int, ...]) -> Move:
    size, middle = tuple(layer.kernel_size), (0.0, 0.0)
    if size != (1, 1):
        middle = middle_of(np.asarray(layer.depthwise_kernel if _is_separable(layer) else layer.kernel))
    (down, across), lean = middle, lean_of(layer)
    middle = down + lean[0], across + lean[1]
    return _window(layer, before, size, layer.dilation_rate, middle)


def _is_separable(layer: Any) -> bool:
    return type(layer).__name__ == "SeparableConv2D"


def _pooling(layer: Any, before: tuple[int, ...]) -> Move:
    height, width = layer.pool_size
    return _window(layer, before, (height, width), (1, 1), ((height - 1) / 2, (width - 1) / 2))


def _window(layer: Any, before: tuple[int, ...], size: Sides, dilation: Sides, middle: tuple[float, float]) -> Move:
    """Slide a window, whose middle is counted in weights, over a map."""
    offsets = []
    for side, cells, stride, spread, place in zip(before[:2], size, layer.strides, dilation, middle, strict=True):
        start = padded_before(side, cells, stride, spread) if layer.padding == "same" else 0
        offsets.append(place * spread - start)
    return (offsets[0], layer.strides[0]), (offsets[1], layer.strides[1])


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
    return None if side is None else (((side - 1) / 2, side), ((side - 1) / 2, side))


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
