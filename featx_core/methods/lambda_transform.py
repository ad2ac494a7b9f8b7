"""Computation of features by expressions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from featx_core.architecture.layers import chain_of_layers
from featx_core.architecture.outline import Outline
from featx_core.base.keras_setup import load_keras
from featx_core.expressions.layer import expression_layer
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.methods.method import Training
from featx_core.networks.derived import DerivedExtractor
from featx_core.networks.extractor import Extractor
from featx_core.specs.lambda_transform import LambdaTransform, derived_from

if TYPE_CHECKING:
    import keras

    from featx_core.base.progress import StageCallback
    from featx_core.learning.record import TrainingRecord
    from featx_core.methods.method import Context, Steps
    from featx_core.specs.spec import Spec

BATCH_PIXELS = 64 * 128 * 128  # in one pass


def outline(spec: LambdaTransform, context: Context) -> Outline:
    """List the layers: those of the source, or one a step.

    Raises:
        SpecError: If a step does not fit to what the one before it gives.
    """
    source = derived_from(spec)
    if source is not None:
        outlined = context.outline(source)
        return dataclasses.replace(outlined, feature_shape=spec.shapes(outlined.feature_shape)[-1])
    shapes = [(*spec.image_size, 3), *spec.shapes((*spec.image_size, 3))]
    kinds = ["InputLayer", *["ExpressionLayer"] * len(spec.expressions)]
    layers = chain_of_layers(kinds, shapes, [0] * len(shapes))
    return Outline(layers, len(layers) - 1, spec.image_size, shapes[-1], shapes[-1], 0)


def build(spec: LambdaTransform, context: Context) -> Extractor:
    """Put the steps as layers behind the network of the source, or behind the pixels."""
    source = derived_from(spec)
    if source is None:
        return _of_pixels(spec)
    base = context.build(source)
    shape = spec.shapes(tuple(base.output_shape[1:]))[-1]  # type: ignore[arg-type]
    return DerivedExtractor(spec, base, _chained(spec.expressions, base.model.output) if base.has_gradients else shape)


def steps(spec: LambdaTransform, outlined: Outline, context: Context) -> Steps:
    """From the image over each formula to the features."""
    source = derived_from(spec)
    if source is not None:
        first = context.of(source).steps(source, outlined, context)[0]
        return (first, source.title, *spec.expressions, outlined.feature_shape)
    shape = (*spec.image_size, 3)
    pairs = zip(spec.expressions, spec.shapes(shape), strict=True)
    return (shape, *(step for pair in pairs for step in pair))


def class_names(spec: LambdaTransform, context: Context) -> tuple[str, ...] | None:
    """Those of the source."""
    source = derived_from(spec)
    return None if source is None else context.of(source).class_names(source, context)


def pace(spec: LambdaTransform, context: Context) -> str:
    """The network of the source takes the time."""
    source = derived_from(spec)
    inner = str(spec.image_size) if source is None else context.of(source).pace(source, context)
    return f"{spec.method} {inner}"


def caption(spec: LambdaTransform, context: Context) -> str:
    """That of the source."""
    source = derived_from(spec)
    return "" if source is None else context.of(source).caption(source, context)


def has_quick_outline(spec: LambdaTransform, context: Context) -> bool:
    """Of pixels the layers are known without Keras."""
    source = derived_from(spec)
    return source is None or context.of(source).has_quick_outline(source, context)


def _train(spec: LambdaTransform, context: Context, report: StageCallback) -> Spec:
    source = derived_from(spec)
    if source is None:
        return spec
    return dataclasses.replace(spec, source=context.of(source).training.train(source, context, report))


def _record(spec: LambdaTransform, context: Context) -> TrainingRecord | None:
    source = derived_from(spec)
    return None if source is None else context.of(source).training.record(source, context)


def _trained(spec: LambdaTransform, context: Context) -> Spec | None:
    source = derived_from(spec)
    if source is None:
        return spec
    trained = context.of(source).training.trained(source, context)
    return None if trained is None else dataclasses.replace(spec, source=trained)


TRAINING = Training(_train, _record, _trained)


def _of_pixels(spec: LambdaTransform) -> Extractor:
    pixels = load_keras().Input((*spec.image_size, 3))
    network = load_keras().Model(pixels, _chained(spec.expressions, pixels))
    height, width = spec.image_size
    return Extractor(
        spec,
        network,
        network.output,
        tap=len(network.layers) - 1,
        preprocessing=PREPROCESSING["unit"],
        fit=spec.fit,
        batch_size=max(1, min(64, BATCH_PIXELS // (height * width))),
    )


def _chained(expressions: Sequence[str], tensor: keras.KerasTensor) -> keras.KerasTensor:
    for text in expressions:
        tensor = expression_layer(text)(tensor)
    return tensor
