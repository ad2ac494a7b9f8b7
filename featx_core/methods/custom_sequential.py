"""Extraction of features with custom networks."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from featx_core.architecture.outline import POOLING_STEPS, Outline
from featx_core.architecture.sequential_outline import batch_size_of
from featx_core.learning.custom.training import learn
from featx_core.learning.record import TrainingRecord, find_record, record_of_weights, train_once, training_key
from featx_core.learning.weight_arrays import assign_arrays, read_arrays
from featx_core.methods.method import Training
from featx_core.networks.extractor import Extractor, pool
from featx_core.networks.initialization import randomize
from featx_core.networks.sequential import build_network
from featx_core.specs.learnings import LEARNINGS
from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    import keras

    from featx_core.base.progress import StageCallback
    from featx_core.images.image_set import ImageSet
    from featx_core.methods.method import Context, Steps
    from featx_core.specs.custom_sequential import CustomSequential
    from featx_core.workspace.workspace import Workspace

SHOWN_STEPS = 6


def outline(spec: CustomSequential, context: Context) -> Outline:
    """List the layers and the shapes. Takes no Keras and no time."""
    return spec.outlined


def build(spec: CustomSequential, context: Context) -> Extractor:
    """Make the network with its weights.

    Raises:
        SpecError: If the workspace does not hold the trained weights.
    """
    outlined = spec.outlined
    network = whole_network(spec, context.workspace)
    return Extractor(
        spec,
        network,
        pool(network.layers[outlined.tap].output, spec.pooling),
        tap=outlined.tap,
        preprocessing=spec.picture_input.preprocessing,
        fit=spec.fit,
        batch_size=batch_size_of(outlined),
    )


def whole_network(spec: CustomSequential, workspace: Workspace | None = None) -> keras.Model:
    """Build the network beyond the tap, too, with its weights, as a flat functional Keras model.

    Raises:
        SpecError: If the workspace does not hold the trained weights.
    """
    network = build_network(spec.layers, spec.input_shape)
    if spec.weights == "random":
        randomize(network, spec.picture_input.preprocessing, spec.seed)
        return network
    try:
        content = workspace.artefact(spec.weights[5:]) if workspace is not None else b""
        assign_arrays(network.weights, read_arrays(content))
    except (KeyError, ValueError):
        raise SpecError(
            f"The trained weights {spec.weights[5:13]} are not in this workspace, or belong to another network. Train "
            "again."
        ) from None
    return network


def architecture(spec: CustomSequential, context: Context) -> tuple[keras.Model, keras.KerasTensor]:
    """Make the network and the tensor of its features, untrained."""
    network = build_network(spec.layers, spec.input_shape)
    return network, pool(network.layers[spec.outlined.tap].output, spec.pooling)


def steps(spec: CustomSequential, outlined: Outline, context: Context) -> Steps:
    """The shapes from layer to layer, as long as they are few, and the pooling."""
    shapes: list[tuple[int, ...]] = [spec.input_shape]
    for info in outlined.layers[1 : outlined.tap + 1]:
        if info.output_shape != shapes[-1]:
            shapes.append(info.output_shape)
    way: Steps = tuple(shapes) if len(shapes) <= SHOWN_STEPS else (*shapes[:2], "...", *shapes[-2:])
    return way if spec.pooling is None else (*way, POOLING_STEPS[spec.pooling], outlined.feature_shape)


def pace(spec: CustomSequential, context: Context) -> str:
    """The same network up to the same layer takes the same time."""
    network = hashlib.sha256(repr((spec.layers, spec.input_shape, spec.layer)).encode()).hexdigest()
    return f"{spec.method} {network}"


def _train(spec: CustomSequential, context: Context, report: StageCallback) -> CustomSequential:
    """Learn the weights from the images of a workspace.

    Raises:
        TrainingError: If these images and labels cannot be learned from. The message says what is missing.
    """
    if not spec.needs_training or context.workspace is None:
        return spec
    images = context.workspace.images()
    name = f"{spec.title}, {LEARNINGS[spec.weights].badge}"
    weights = train_once(
        context.workspace, _training_key(spec, images), name, lambda watch: learn(spec, images, report, watch)
    )
    return _with(spec, weights)


def _record(spec: CustomSequential, context: Context) -> TrainingRecord | None:
    if context.workspace is None:
        return None
    if spec.needs_training:
        return find_record(context.workspace, _training_key(spec, context.workspace.images()))
    return record_of_weights(context.workspace, spec.weights) if spec.learned else None


def _trained(spec: CustomSequential, context: Context) -> CustomSequential | None:
    if not spec.needs_training:
        return spec
    record = _record(spec, context)
    return _with(spec, record.weights) if record is not None and record.weights else None


def _with(spec: CustomSequential, weights: str) -> CustomSequential:
    return dataclasses.replace(spec, weights=weights, learned=spec.weights)


def _training_key(spec: CustomSequential, images: ImageSet) -> str:
    return training_key(dataclasses.replace(spec, layer=None, pooling=None), images)


TRAINING = Training(_train, _record, _trained)
