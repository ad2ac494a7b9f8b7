"""Engines: callables that run a Keras model on preprocessed batches. Here with TensorFlow."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from featx_core.base.tensorflow_compat import traced
from featx_core.networks.engines.gpu import find_gpu

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

FREEZE_LIMIT = 10_000_000
"""Networks of up to this many parameters run with their weights as constants: a quarter faster for MobileNetV2. Larger
ones gain nothing (ResNet50: the same speed), and pay seconds and a gigabyte for it."""

IMAGES_AT_ONCE = max(8, 2 * (os.cpu_count() or 1))
"""A longer batch runs on the processor in parts. On two cores eight images at once are as fast as 32 for MobileNetV2 and
EfficientNetV2B0, and up to a tenth faster for ResNet50 and in bfloat16, as more of it stays in the processor's cache; and
ResNet50 takes 0.2 GB less memory."""

MIN_BATCHES = 4
"""Of few images too: in one batch the network would wait until the last of them is decoded."""


class Engine(Protocol):
    """Runs one model.

    Attributes:
        title: What computes, and in which precision, such as "TensorFlow, float32".
    """

    title: str

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model.

        Args:
            batch: float32 `(n_images, height, width, 3)`, preprocessed. Not modified.

        Returns:
            float32 `(n_images, *feature_shape)`.

        Raises:
            MemoryError: If the batch does not fit into memory; TensorFlow raises its own `ResourceExhaustedError`.
        """


class TensorFlowEngine:
    """A frozen `tf.function` of a model, traced at the first batch and not once more. On a GPU where TensorFlow sees one.

    Args:
        model: From preprocessed images to features, weights in place.
        precision: "float32", or "bfloat16" for mixed precision: weights and sums in float32, what lies between in bfloat16.

    Attributes:
        title: What computes, and in which precision.
    """

    def __init__(self, model: keras.Model, precision: str = "float32") -> None:
        self.title = f"TensorFlow{' on the GPU' if find_gpu() else ''}, {precision}"
        self._model = model
        self._precision = precision
        self._traced: Any = None
        self._lock = threading.Lock()

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model. See `Engine`."""
        import tensorflow as tf

        at_once = len(batch) if find_gpu() else IMAGES_AT_ONCE
        return in_parts(lambda part: self.graph()(tf.constant(part)).numpy(), batch, at_once)

    def graph(self) -> tf.types.experimental.ConcreteFunction:
        """Return the traced graph, for batches of any length."""
        with self._lock:
            if self._traced is None:
                with _computing_in(self._model, self._precision):
                    self._traced = _traced(self._model)
            return self._traced

    def forget(self) -> None:
        """Release the traced graph with its copy of the weights. The next batch traces it again."""
        with self._lock:
            self._traced = None


def images_a_batch(n_images: int, batch_size: int) -> int:
    """Return how many images to decode and run at once, at most `batch_size`: few images are divided, at bounds of parts."""
    return min(batch_size, IMAGES_AT_ONCE * math.ceil(n_images / MIN_BATCHES / IMAGES_AT_ONCE))


def in_parts(run: Callable[[np.ndarray], np.ndarray], batch: np.ndarray, at_once: int) -> np.ndarray:
    """Run a batch in parts of at most `at_once` images, and put what they give together."""
    starts = range(0, max(len(batch), 1), max(at_once, 1))
    parts = [run(batch[start : start + at_once]) for start in starts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def forward_pass(model: keras.Model) -> Callable[..., Any]:
    """Return the function to trace: from preprocessed images to what the model gives, small networks with fixed weights."""
    import tensorflow as tf

    if model.count_params() > FREEZE_LIMIT:
        return lambda images: model(images, training=False)
    trainable = [variable.numpy() for variable in model.trainable_variables]
    other = [variable.numpy() for variable in model.non_trainable_variables]

    def forward(images: tf.Tensor) -> tf.Tensor:
        constants = ([tf.constant(value) for value in values] for values in (trainable, other))
        return model.stateless_call(*constants, images, training=False)[0]

    return forward


@contextmanager
def _computing_in(model: keras.Model, precision: str) -> Iterator[None]:
    """Have the layers of a model compute in a precision for as long as it is traced."""
    policy = "float32" if precision == "float32" else f"mixed_{precision}"
    with ExitStack() as stack:
        for layer in model.layers if policy != "float32" else []:
            stack.callback(setattr, layer, "dtype_policy", layer.dtype_policy)
            layer.dtype_policy = policy
        yield


def _traced(model: keras.Model) -> tf.types.experimental.ConcreteFunction:
    import tensorflow as tf

    forward = forward_pass(model)

    def as_float32(images: tf.Tensor) -> Any:
        return tf.nest.map_structure(lambda values: tf.cast(values, tf.float32), forward(images))

    return traced(as_float32, tf.TensorSpec((None, *model.input.shape[1:]), tf.float32))
