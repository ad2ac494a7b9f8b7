"""An expression as a Keras layer that is saved as its text."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

from featx_core.base.keras_setup import load_keras
from featx_core.expressions.backends import keras_backend
from featx_core.expressions.expression import Expression

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

PACKAGE = "featx"


def load_keras_with_layers() -> ModuleType:
    """Import Keras and register the layers of featx, so that `keras.models.load_model` reads them, also in safe mode.

    Returns:
        The module `keras`.

    Raises:
        RuntimeError: If Keras was already imported with another backend, or with channels first.
    """
    keras = load_keras()
    layer_class(keras)
    return keras


def expression_layer(text: str) -> keras.layers.Layer:
    """Make a layer that applies an expression to each row of a batch.

    The layer is registered for saving: a model that holds it is saved with the text of the expression, and loads in safe
    mode in every process that called `featx_core.load_keras`. Loading parses the text again.

    Args:
        text: The expression, see `Expression`.

    Raises:
        ExpressionError: If the text is no expression.
    """
    return layer_class(load_keras())(text)


@functools.cache
def layer_class(keras: ModuleType) -> type[keras.layers.Layer]:
    """Define the layer, once, and register it with Keras."""

    @keras.saving.register_keras_serializable(package=PACKAGE, name="ExpressionLayer")
    class ExpressionLayer(keras.layers.Layer):  # type: ignore[misc,name-defined]
        """Applies an expression to each row. It has no weights."""

        def __init__(self, expression: str, **options: Any) -> None:
            super().__init__(**options)
            self.expression = Expression(expression)
            self.built = True

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            """Compute the expression for each row of `inputs`, `(n_rows, *shape)`."""
            return self.expression.compute(keras_backend(), inputs)

        def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[int | None, ...]:
            """Return the shape of the output, checking that the expression fits."""
            return (input_shape[0], *self.expression.output_shape(tuple(input_shape[1:])))

        def get_config(self) -> dict[str, Any]:
            """Return what the layer is made from: the text."""
            return {**super().get_config(), "expression": self.expression.text}

    return ExpressionLayer
