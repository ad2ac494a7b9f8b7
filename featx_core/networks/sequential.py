"""Builds a Keras network from rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from featx_core.architecture.rows import Row, row_values
from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras


def build_network(rows: Sequence[Row], input_shape: tuple[int, int, int]) -> keras.Model:
    """Build the network that rows describe, as one flat functional model with the weights that Keras draws.

    Args:
        rows: As `layer` gives them, checked with `measure_rows`.
        input_shape: Height, width and channels.
    """
    keras = load_keras()
    inputs = tensor = keras.Input(input_shape)
    for row in rows:
        tensor = getattr(keras.layers, row[0])(**row_values(row))(tensor)
    return keras.Model(inputs, tensor)
