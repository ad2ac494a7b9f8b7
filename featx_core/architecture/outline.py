"""Outlines of specs: layers, tap and shapes, known before a network is built."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from featx_core.architecture.layers import LayerInfo, find_layer

POOLING_WORDS: Mapping[str | None, str] = MappingProxyType(
    {"avg": "average", "max": "maximum", "flatten": "flattened", None: "not pooled"}
)
"""How a title names each pooling."""

POOLING_STEPS: Mapping[str, str] = MappingProxyType({"avg": "average", "max": "maximum", "flatten": "flatten"})
"""How each pooling is named as a step from the input to the features."""


@dataclass(frozen=True)
class Outline:
    """What a spec will give, known without any weights.

    Attributes:
        layers: All layers of the network, from input to output.
        tap: Index of the layer whose output becomes the features.
        image_size: Height and width of the network's input.
        map_shape: What that layer gives for one image, `(height, width, n_channels)` or `(n_values,)`.
        feature_shape: The same after pooling: the shape of one image's features.
        n_parameters: Parameters of all layers that the features need.
    """

    layers: tuple[LayerInfo, ...]
    tap: int
    image_size: tuple[int, int]
    map_shape: tuple[int, ...]
    feature_shape: tuple[int, ...]
    n_parameters: int


def outline_at(
    layers: Sequence[LayerInfo], layer: int | str | None, image_size: tuple[int, int], pooling: str | None
) -> Outline:
    """Return the outline of a network that is tapped at a layer.

    Args:
        layers: All layers of the network.
        layer: The tap, as `find_layer` takes it.
        image_size: Height and width of the network's input.
        pooling: As `pooled_shape` takes it.

    Raises:
        ValueError: If the layer does not exist, or gives no map to pool.
    """
    tap = find_layer(layers, layer)
    shape = layers[tap].output_shape
    features = pooled_shape(shape, pooling)
    return Outline(tuple(layers), tap, image_size, shape, features, layers[tap].n_parameters_so_far)


def pooled_shape(shape: tuple[int, ...], pooling: str | None) -> tuple[int, ...]:
    """Return the shape after pooling, without Keras.

    Args:
        shape: What a layer gives for one image, without the batch axis.
        pooling: "avg" or "max" over the map, "flatten" into one row, or None to leave it as it is.

    Raises:
        ValueError: If there is no map to pool.
    """
    if pooling is None:
        return shape
    if pooling not in POOLING_STEPS:
        raise ValueError(f"`pooling` must be one of {', '.join(POOLING_STEPS)} or None. Received: {pooling!r}.")
    if len(shape) != 3:
        raise ValueError(
            f"This layer gives {shape[-1]} values for each image and no map, so there is nothing to pool. "
            f"Set `pooling` to None. Received: {pooling!r}."
        )
    return (math.prod(shape),) if pooling == "flatten" else shape[-1:]
