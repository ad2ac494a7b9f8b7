"""Training without labels as an autoencoder: reconstructs each image from its features."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras

DECODER_FILTERS = 32
COARSEST = 8
"""A row of values is first laid out as a map of an eighth of the input's sides."""

_ROWS_ALONE = ("Flatten", "Dropout")


def autoencoder_model(network: keras.Model, learning_rate: float) -> keras.Model:
    """Add a decoder to a network: convolutions that upsample step by step, up to the size of the input.

    Args:
        network: A chain of layers. A `Flatten` at its end is passed over: its places help to draw.
        learning_rate: Of Adam.
    """
    keras = load_keras()
    height, width, n_channels = network.input.shape[1:]
    tensor = _as_map(
        next(layer.output for layer in reversed(network.layers) if type(layer).__name__ not in _ROWS_ALONE),
        height,
        width,
    )
    while tensor.shape[1] < height or tensor.shape[2] < width:
        tensor = keras.layers.Conv2D(DECODER_FILTERS, 3, padding="same", activation="relu")(tensor)
        tensor = keras.layers.UpSampling2D((1 + (tensor.shape[1] < height), 1 + (tensor.shape[2] < width)))(tensor)
    tensor = keras.layers.Cropping2D(
        tuple(_halves(side - wanted) for side, wanted in zip(tensor.shape[1:3], (height, width), strict=True))
    )(tensor)
    drawn = keras.layers.Conv2D(n_channels, 3, padding="same", activation="sigmoid")(tensor)
    model = keras.Model(network.input, drawn)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mse", jit_compile=False)
    return model


def _as_map(tensor: keras.KerasTensor, height: int, width: int) -> keras.KerasTensor:
    if len(tensor.shape) == 4:
        return tensor
    layers = load_keras().layers
    shape = (math.ceil(height / COARSEST), math.ceil(width / COARSEST), DECODER_FILTERS)
    return layers.Reshape(shape)(layers.Dense(math.prod(shape), activation="relu")(tensor))


def _halves(excess: int) -> tuple[int, int]:
    return excess // 2, excess - excess // 2
