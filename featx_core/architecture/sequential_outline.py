"""Outline of a custom network: its layers, its tap, its feature shape and its batch size."""

from __future__ import annotations

import math
from typing import Any

from featx_core.architecture.layers import chain_of_layers, find_layer
from featx_core.architecture.outline import Outline, pooled_shape
from featx_core.architecture.rows import measure_rows
from featx_core.base.wording import spaced

MAX_FEATURES = 2**20
"""Values that one image may have as features: 4 MB."""

BATCH_VALUES = 2**25
"""Values that the largest layer may give for a batch: 128 MB."""

MAX_BATCH = 64


def outline_rows(
    rows: tuple[tuple[Any, ...], ...], input_shape: tuple[int, int, int], layer: int | str | None, pooling: str | None
) -> Outline:
    """List the layers and the shapes of a network of rows, without Keras.

    Args:
        rows: In their simplest form, from input to output.
        input_shape: Height, width and channels.
        layer: The tap, as `find_layer` takes it.
        pooling: As `pooled_shape` takes it.

    Raises:
        ValueError: If a row does not fit, the layer does not exist or gives no map to pool, or the features are too many.
    """
    facts = measure_rows(rows, input_shape)
    for number, row in enumerate(facts, start=1):
        if row.problem:
            raise ValueError(f"row {number}: {row.problem}")
    layers = chain_of_layers(
        ["InputLayer", *(kind for kind, _ in rows)],
        [input_shape, *(row.output_shape for row in facts)],  # type: ignore[list-item]
        [0, *(row.n_parameters for row in facts)],  # type: ignore[list-item]
    )
    tap = find_layer(layers, layer)
    shape = layers[tap].output_shape
    features = pooled_shape(shape, pooling)
    if math.prod(features) > MAX_FEATURES:
        raise ValueError(
            f"the features would have {spaced(math.prod(features))} values per image; the limit is "
            f"{spaced(MAX_FEATURES)}. Use pooling, or tap a later layer"
        )
    return Outline(layers, tap, input_shape[:2], shape, features, layers[tap].n_parameters_so_far)


def batch_size_of(outline: Outline) -> int:
    """Return the images per forward pass that keep its largest layer within bounds."""
    largest = max(math.prod(info.output_shape) for info in outline.layers)
    return max(1, min(MAX_BATCH, BATCH_VALUES // largest))
