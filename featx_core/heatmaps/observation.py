"""One pass through the network: the activations of a layer, and the gradient of a target with respect to them."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.base.tensorflow_compat import traced
from featx_core.heatmaps.averaged import Pass, gradients_by_hand
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.logits import has_classifier, logits_of
from featx_core.heatmaps.pictures import fitted_of
from featx_core.heatmaps.targets import ClassTarget, OwnFeaturesTarget, SimilarityTarget, Target
from featx_core.networks.engines.engine import Engine, TensorFlowEngine

if TYPE_CHECKING:
    import tensorflow as tf

    from featx_core.architecture.layers import LayerInfo
    from featx_core.networks.extractor import Extractor

_LAST_ENGINES: weakref.WeakKeyDictionary[Extractor, tuple[int, TensorFlowEngine]] = weakref.WeakKeyDictionary()
"""For each extractor the last layer that was looked at, and what runs up to it: tracing takes longer than a few images."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What one layer gave for one image.

    Attributes:
        activations: float32 `(height, width, n_channels)`.
        gradients: Of the target with respect to them, same shape; None where no target was asked for.
        target_title: Names the target for this image.
        flat_reason: Why the target cannot change on this image; else empty.
    """

    activations: np.ndarray
    gradients: np.ndarray | None = None
    target_title: str = ""
    flat_reason: str = ""


def default_target(extractor: Extractor) -> Target:
    """Return the target where none is picked: the class that scores highest, else the features themselves."""
    return ClassTarget() if has_classifier(extractor) else OwnFeaturesTarget()


def check_classifier(extractor: Extractor, target: Target) -> None:
    """Raise HeatmapError if the target is a class, and the network has no classifier."""
    if target.of_classes and not has_classifier(extractor):
        raise HeatmapError(
            "This network has no classifier, so there is no class to explain. Choose a feature, another image or this "
            "image's own features as the target, or create a run with the classifier."
        )


def observer(
    extractor: Extractor, layer: LayerInfo, target: Target | None = None
) -> Callable[[np.ndarray], list[Observation]]:
    """Prepare to look at one layer: the graph is traced once, then runs for batches of any length.

    Without a target it is kept for the next time that the same layer of the extractor is looked at.

    Inference only: dropout is off and batch normalization uses its moving statistics. Each image's gradient is its own.
    As a graph, and not eagerly, a pass keeps only what the gradient needs: a fifth of the memory for ConvNeXtTiny.

    Args:
        extractor: Network and preprocessing.
        layer: Where to look.
        target: What to differentiate. None asks for no gradients, which is faster.

    Returns:
        A function from images fitted to the network, uint8 `(n_images, height, width, 3)`, to one observation an image.

    Raises:
        HeatmapError: If the network has no such feature or class.
    """
    if target is not None:
        return _gradient_observer(extractor, layer, target)
    run = _layer_engine(extractor, layer)
    return lambda fitted: [Observation(activations) for activations in run(extractor.preprocess(fitted))]


def _gradient_observer(
    extractor: Extractor, layer: LayerInfo, target: Target
) -> Callable[[np.ndarray], list[Observation]]:
    reference = _reference(extractor, target)
    passes = gradients_by_hand(extractor, layer, target) or _differentiating(extractor, layer, target, reference)

    def observe(fitted: np.ndarray) -> list[Observation]:
        return [
            Observation(
                activations=activations,
                gradients=gradients,
                target_title=target.title(outputs, extractor.classes),
                flat_reason=target.flat_reason(outputs, reference),
            )
            for activations, gradients, outputs in passes(fitted)
        ]

    return observe


def _differentiating(
    extractor: Extractor, layer: LayerInfo, target: Target, reference: np.ndarray | None
) -> Callable[[np.ndarray], list[Pass]]:
    """Return what computes the gradients by TensorFlow."""
    forward = _forward(extractor, layer, target)
    run = _traced(extractor, lambda inputs: _differentiated(forward, inputs, target, reference))
    return lambda fitted: list(zip(*(tensor.numpy() for tensor in run(extractor.preprocess(fitted))), strict=True))


def _traced(extractor: Extractor, function: Callable[[tf.Tensor], Any]) -> Callable[[np.ndarray], Any]:
    import tensorflow as tf

    inputs = tf.TensorSpec((None, *extractor.network.input.shape[1:]), tf.float32)
    graph = traced(function, inputs)
    return lambda batch: graph(tf.constant(batch))


def _differentiated(
    forward: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    inputs: tf.Tensor,
    target: Target,
    reference: np.ndarray | None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        activations, outputs = forward(inputs)
        target.check(int(outputs.shape[1]))
        scores = target.score(outputs, None if reference is None else tf.constant(reference))
    zero = tf.UnconnectedGradients.ZERO
    return activations, tape.gradient(scores, activations, unconnected_gradients=zero), outputs


def _forward(
    extractor: Extractor, layer: LayerInfo, target: Target
) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Return the function from network tensors to the layer's output and the flat outputs that the target is made of."""
    if not target.of_classes:
        model = extractor.submodel([layer.index])
        n_features = math.prod(extractor.output_shape[1:])  # type: ignore[arg-type]
        return lambda inputs: _with_rows(*model(inputs, training=False), n_values=n_features)
    keras = load_keras()

    before, to_logits = logits_of(extractor.network)
    model = keras.Model(extractor.network.input, [extractor.network.layers[layer.index].output, before])

    def forward(inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        activations, values = model(inputs, training=False)
        logits = to_logits(values)
        return _with_rows(activations, logits, n_values=math.prod(logits.shape[1:]))

    return forward


def _with_rows(activations: tf.Tensor, outputs: tf.Tensor, *, n_values: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Make rows of the outputs, whose length Keras knows: a traced graph may have forgotten it."""
    import tensorflow as tf

    return activations, tf.reshape(outputs, (-1, n_values))


def _layer_engine(extractor: Extractor, layer: LayerInfo) -> Engine:
    known = extractor.engine_of(layer.index)
    if known is not None:
        return known
    index, engine = _LAST_ENGINES.get(extractor, (None, None))
    if engine is None or index != layer.index:
        keras = load_keras()
        engine = TensorFlowEngine(keras.Model(extractor.network.input, extractor.network.layers[layer.index].output))
        _LAST_ENGINES[extractor] = layer.index, engine
    return engine


def _reference(extractor: Extractor, target: Target) -> np.ndarray | None:
    if not isinstance(target, SimilarityTarget):
        return None
    return extractor.plain(fitted_of(target.image, extractor)[np.newaxis]).reshape(-1)
