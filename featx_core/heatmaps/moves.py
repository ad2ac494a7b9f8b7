"""What one layer does to the places of a map: which part of its input each cell of its output looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.expressions.places import pixels_per_place
from featx_core.networks.leans import lean_of
from featx_core.networks.places import UNMOVED, Move, Sides, enlarged, middle_of, padded_before, slid

if TYPE_CHECKING:
    import keras


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
    starts = [
        padded_before(side, cells, stride, spread) if layer.padding == "same" else 0
        for side, cells, stride, spread in zip(before[:2], size, layer.strides, dilation, strict=True)
    ]
    return slid(middle, dilation, (starts[0], starts[1]), tuple(layer.strides))


def _padded(layer: Any, before: tuple[int, ...]) -> Move:
    (top, _), (left, _) = layer.padding
    return (-top, 1), (-left, 1)


def _cropped(layer: Any, before: tuple[int, ...]) -> Move:
    (top, _), (left, _) = layer.cropping
    return (top, 1), (left, 1)


def _repeated(layer: Any, before: tuple[int, ...]) -> Move:
    return enlarged(layer.size)


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
