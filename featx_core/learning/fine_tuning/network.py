"""The new layers on top of a network, and which of its own layers are trainable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.architecture.layers import list_layers
from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras

FEATURES = "new_features"
"""The name of the new layer whose output becomes the features."""

CLASSES = "new_classes"
_POOLING, _DROPOUT = "new_pooling", "new_dropout"
NEW_LAYERS = (_POOLING, FEATURES, _DROPOUT, CLASSES)


@dataclass(frozen=True)
class Optimizer:
    """One way to follow the gradient.

    Attributes:
        title: Its name as shown.
        constructor: Its class in `keras.optimizers`.
        options: Beside the learning rate.
        caveat: In one line.
    """

    title: str
    constructor: str
    caveat: str
    options: Mapping[str, Any] = field(default_factory=dict)


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "rmsprop": Optimizer("RMSprop", "RMSprop", "Adapts the step size of each weight, as in the tutorial."),
        "adam": Optimizer("Adam", "Adam", "RMSprop with momentum; also a good first choice."),
        "adamw": Optimizer("AdamW", "AdamW", "Adam with weight decay (0.004)."),
        "sgd": Optimizer("SGD", "SGD", "Momentum 0.9; needs a larger learning rate.", {"momentum": 0.9}),
    }
)


def add_head(tensor: keras.KerasTensor, units: int, dropout: float, n_classes: int) -> keras.KerasTensor:
    """Add the new layers to a tensor: pooling where it is a map, Dense with ReLU, dropout, softmax."""
    layers = load_keras().layers
    if len(tensor.shape) == 4:
        tensor = layers.GlobalAveragePooling2D(name=_POOLING)(tensor)
    tensor = layers.Dense(units, activation="relu", name=FEATURES)(tensor)
    if dropout:
        tensor = layers.Dropout(dropout, name=_DROPOUT)(tensor)
    return layers.Dense(n_classes, activation="softmax", name=CLASSES)(tensor)


def compile_classifier(model: keras.Model, optimizer: str, learning_rate: float) -> None:
    """Make a model ready to learn classes, given as numbers."""
    row = OPTIMIZERS[optimizer]
    made = getattr(load_keras().optimizers, row.constructor)(learning_rate=learning_rate, **row.options)
    model.compile(optimizer=made, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)


def set_trainable(network: keras.Model, n_stages: int) -> list[keras.Variable]:
    """Freeze a network except for its new layers and last stages; batch normalization always stays frozen.

    A frozen batch normalization uses its moving statistics also in training, and does not change them.

    Args:
        network: Flat, with the new layers. Which layers may learn is changed.
        n_stages: How many stages, counted from the end. With as many as there are, all layers.

    Returns:
        The weights that may learn, in the order of the layers.
    """
    first = _first_free(network, n_stages)
    for index, layer in enumerate(network.layers):
        is_free = index >= first and type(layer).__name__ != "BatchNormalization"
        layer.trainable = layer.name in NEW_LAYERS or is_free
    return list(network.trainable_variables)


def _first_free(network: keras.Model, n_stages: int) -> int:
    """Index of the first layer of the last stages. A stage without weights, such as a last pooling, does not count."""
    layers = list_layers(network)
    ends = [info.index for info in layers if info.stage]
    old = [info for info in layers if info.name not in NEW_LAYERS and info.n_parameters]
    starts = [0, *(end + 1 for end in ends)]
    filled = [
        start
        for start, stop in zip(starts, [*starts[1:], len(layers)], strict=True)
        if any(start <= info.index < stop for info in old)
    ]
    if n_stages <= 0 or not filled:
        return len(layers)
    return filled[-n_stages] if n_stages < len(filled) else 0
