"""Training of fine-tuned networks, and extraction of their features."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from featx_core.architecture.layers import LayerInfo, find_layer, list_layers
from featx_core.architecture.outline import POOLING_STEPS, Outline, pooled_shape
from featx_core.base.keras_setup import load_keras, without_weights
from featx_core.base.palette import label_styles
from featx_core.learning.fine_tuning.examples import check_labels, choose_examples, labelled
from featx_core.learning.fine_tuning.network import FEATURES, add_head, set_trainable
from featx_core.learning.fine_tuning.predictions import prediction_colorings
from featx_core.learning.fine_tuning.training import fine_tune
from featx_core.learning.record import TrainingRecord, find_record, record_of_weights, train_once, training_key
from featx_core.learning.weight_arrays import assign_arrays, read_arrays
from featx_core.methods.method import Training
from featx_core.methods.remembered import Remembered
from featx_core.networks.extractor import Extractor, pool
from featx_core.networks.weights import from_workspace
from featx_core.specs.fine_tuned import TRAINED, FineTuned
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    from featx_core.base.progress import StageCallback
    from featx_core.extraction.colorings import RunColoring
    from featx_core.extraction.features import Features
    from featx_core.images.image_set import ImageSet
    from featx_core.learning.record import Live, TrainedWeights
    from featx_core.methods.method import Context, Steps
    from featx_core.workspace.workspace import Workspace


def outline(spec: FineTuned, context: Context) -> Outline:
    """List the layers and the shapes, without any weights.

    As long as `class_names` is empty, the last layer is listed with 2 classes.

    Raises:
        SpecError: If there is no such layer.
    """
    n_classes = max(len(spec.class_names), 2)
    key = spec.base, spec.units, spec.dropout, n_classes
    layers, size = _LAYERS.find(key, lambda: _layers(spec, n_classes, context))
    try:
        tap = find_layer(layers, FEATURES if spec.layer is None else spec.layer)
    except ValueError as error:
        raise SpecError(str(error)) from None
    shape = layers[tap].output_shape
    return Outline(
        layers, tap, size, shape, pooled_shape(shape, _pooling(spec, shape)), layers[tap].n_parameters_so_far
    )


def build(spec: FineTuned, context: Context) -> Extractor:
    """Make the network with its learned weights.

    Raises:
        SpecError: If there is no such layer.
        WeightsError: If the weights cannot be had.
    """
    arrays = read_arrays(from_workspace(context.workspace, spec.weights).content)
    base = context.build(spec.base)
    head = add_head(base.model.output, spec.units, spec.dropout, len(spec.class_names))
    network = load_keras().Model(base.network.input, head)
    learned = set_trainable(network, spec.unfrozen_stages)
    if len(arrays) < len(learned):  # it was cancelled before the second phase
        learned = set_trainable(network, 0)
    assign_arrays(learned, arrays)
    tap = outline(spec, context).tap
    output = network.layers[tap].output
    return Extractor(
        spec,
        network,
        pool(output, _pooling(spec, tuple(output.shape[1:]))),
        tap=tap,
        preprocessing=base.preprocessing,
        fit=base.fit,
        batch_size=base.batch_size,
        classes=class_names(spec, context),
    )


def steps(spec: FineTuned, outlined: Outline, context: Context) -> Steps:
    """From the image by the base to the features."""
    image = (*outlined.image_size, 3)
    if spec.layer is None:
        return image, outlined.layers[outlined.tap - 1].output_shape, "new layer", outlined.feature_shape
    if outlined.map_shape == outlined.feature_shape:
        return image, outlined.feature_shape
    return image, outlined.map_shape, POOLING_STEPS[str(spec.pooling)], outlined.feature_shape


def class_names(spec: FineTuned, context: Context) -> tuple[str, ...] | None:
    """The labels that the last layer tells apart."""
    return spec.class_names or None


def pace(spec: FineTuned, context: Context) -> str:
    """The new layers take no time beside the base."""
    return context.of(spec.base).pace(spec.base, context)


def colorings(spec: FineTuned, features: Features, context: Context) -> Mapping[str, RunColoring]:
    """Tell the predicted class of each image, and its part in the training."""
    if spec.needs_training or context.workspace is None:
        return {}
    return prediction_colorings(spec, context.workspace, features)


def _train(spec: FineTuned, context: Context, report: StageCallback) -> Spec:
    """Train the base where it needs that, then the new layers.

    Raises:
        TrainingError: If there are too few labelled images, with the counts, or nothing could be learned.
    """
    workspace = context.workspace
    if not spec.needs_training or workspace is None:
        return spec
    check_labels(workspace.images(), spec.class_names)
    spec = dataclasses.replace(spec, base=context.of(spec.base).training.train(spec.base, context, report))
    asked, images = _asked(spec, workspace)
    building = dataclasses.replace(context, on_progress=report)

    def learn(live: Live) -> TrainedWeights:
        examples = choose_examples(images, asked.class_names, asked.validation_share, asked.seed, report)
        return fine_tune(asked, examples, workspace, report, live, build_base=lambda: building.build(asked.base))

    weights = train_once(workspace, training_key(asked, images), f"{spec.title}, learned", learn)
    return dataclasses.replace(spec, class_names=asked.class_names, weights=weights)


def _record(spec: FineTuned, context: Context) -> TrainingRecord | None:
    workspace = context.workspace
    if workspace is None:
        return None
    if not spec.needs_training:
        return record_of_weights(workspace, spec.weights)
    training = context.of(spec.base).training
    base = training.trained(spec.base, context)
    if base is None:
        return training.record(spec.base, context)
    return find_record(workspace, training_key(*_asked(dataclasses.replace(spec, base=base), workspace)))


def _trained(spec: FineTuned, context: Context) -> Spec | None:
    if not spec.needs_training:
        return spec
    base = context.of(spec.base).training.trained(spec.base, context)
    record = _record(spec, context)
    if base is None or record is None or not record.weights or context.workspace is None:
        return None
    names = _asked(dataclasses.replace(spec, base=base), context.workspace)[0].class_names
    return dataclasses.replace(spec, base=base, class_names=names, weights=record.weights)


TRAINING = Training(_train, _record, _trained)


def _asked(spec: FineTuned, workspace: Workspace) -> tuple[FineTuned, ImageSet]:
    """Return a spec as it names a training, and the images that it would learn from now."""
    images = labelled(workspace.images(), spec.class_names)
    names = spec.class_names or tuple(str(label) for label in label_styles(images.labels))
    return dataclasses.replace(spec, layer=None, class_names=names, weights=TRAINED), images


def _pooling(spec: FineTuned, shape: tuple[int, ...]) -> str | None:
    return spec.pooling if len(shape) == 3 else None


_LAYERS: Remembered[tuple[tuple[LayerInfo, ...], tuple[int, int]]] = Remembered(64)


def _layers(spec: FineTuned, n_classes: int, context: Context) -> tuple[tuple[LayerInfo, ...], tuple[int, int]]:
    """List the layers, with the height and width of the input."""
    with without_weights():
        network, output = context.of(spec.base).architecture(spec.base, context)
        head = add_head(output, spec.units, spec.dropout, n_classes)
        made = load_keras().Model(network.input, head)
        return list_layers(made), (int(made.input.shape[1]), int(made.input.shape[2]))
