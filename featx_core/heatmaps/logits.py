"""The logits of a classifier: its scores before softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from featx_core.networks.extractor import Extractor

SQUASHING = ("softmax", "sigmoid")


def has_classifier(extractor: Extractor) -> bool:
    """Say whether the network ends in class scores."""
    return bool(extractor.classes)


def logits_of(network: keras.Model) -> tuple[keras.KerasTensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Find the logits of a flat functional classifier.

    Args:
        network: Ends in class scores, with or without a softmax or sigmoid, in a dense layer or after it.

    Returns:
        A tensor of the network, and a differentiable function from its value to logits, the classes in its last axis.
    """
    keras = load_keras()

    last = network.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return last.input, _same
    if getattr(getattr(last, "activation", None), "__name__", None) not in SQUASHING:
        return last.output, _same
    if isinstance(last, keras.layers.Activation):
        return last.input, _same
    return last.input, lambda inputs: _affine(last, inputs)


def _affine(dense: keras.layers.Dense, inputs: tf.Tensor) -> tf.Tensor:
    keras = load_keras()

    products = keras.ops.matmul(inputs, dense.kernel)
    return products + dense.bias if dense.use_bias else products


def _same(values: tf.Tensor) -> tf.Tensor:
    return values
