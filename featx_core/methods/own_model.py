"""Extraction of features with models of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.architecture.layers import LayerInfo, find_layer, list_layers
from featx_core.architecture.outline import POOLING_STEPS, Outline, outline_at
from featx_core.methods.remembered import Remembered
from featx_core.networks.extractor import Extractor, pool
from featx_core.networks.own.bringing import model_facts, model_file
from featx_core.networks.own.container import weights_of
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.flattening import flatten
from featx_core.networks.own.loading import check_network, load_model, outline_model
from featx_core.networks.own.onnx.extractor import OnnxExtractor
from featx_core.networks.own.onnx.network import OnnxNetwork
from featx_core.networks.saved.likeness import gives_other_features, other_features_words
from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    import keras

    from featx_core.methods.method import Context, Steps
    from featx_core.specs.own_model import OwnModel

PIXELS_A_BATCH = 32 * 224 * 224


def outline(spec: OwnModel, context: Context) -> Outline:
    """List the layers and the shapes, without any weights.

    Raises:
        ModelFileError: If the file is not there, or cannot be used.
        SpecError: If the layer does not exist, gives no map to pool, or the size or the preprocessing is not that of the model.
    """
    check(spec, model_facts(context.workspace, spec.weights))
    layers = _LAYERS.find((spec.weights, spec.image_size, spec.output), lambda: _layers(spec, context))
    try:
        return outline_at(layers, spec.layer, spec.image_size, spec.pooling)
    except ValueError as error:
        raise SpecError(str(error)) from None


def build(spec: OwnModel, context: Context) -> Extractor:
    """Make the flat network with its weights.

    Raises:
        ModelFileError: If the file is not there, or cannot be used.
        SpecError: As `outline` raises it.
    """
    outlined = outline(spec, context)
    tap = outlined.tap
    facts = model_facts(context.workspace, spec.weights)
    content, name = model_file(context.workspace, spec.weights)
    if spec.format == "onnx":
        return OnnxExtractor(
            spec,
            OnnxNetwork(content, spec.image_size, spec.output, facts.batch),
            tap=tap,
            feature_shape=outlined.feature_shape,
            batch_size=_batch_size(spec),
            classes=class_names(spec, context),
            notes=tuple(filter(None, [facts.warning(spec.preprocessing)])),
        )
    model = load_model(content)
    changed = other_features_words(name) if gives_other_features(weights_of(content), model) else ""
    network = check_network(flatten(model, spec.image_size, spec.output))
    return Extractor(
        spec,
        network,
        pool(network.layers[tap].output, spec.pooling),
        tap=tap,
        preprocessing=spec.picture_input.preprocessing,
        fit=spec.fit,
        batch_size=_batch_size(spec),
        classes=class_names(spec, context),
        notes=tuple(filter(None, [facts.warning(spec.preprocessing), changed])),
    )


def architecture(spec: OwnModel, context: Context) -> tuple[keras.Model, keras.KerasTensor]:
    """Make the network and the tensor of its features, without its weights.

    Raises:
        SpecError: If it is a model in ONNX, which cannot be trained.
    """
    if not spec.can_carry_layers:
        raise SpecError(f"{spec.name} is an ONNX model, which cannot be trained further. Bring in the `.keras` file.")
    content, _ = model_file(context.workspace, spec.weights)
    network = outline_model(content, spec.image_size, spec.output)
    tap = find_layer(list_layers(network), spec.layer)
    return network, pool(network.layers[tap].output, spec.pooling)


def steps(spec: OwnModel, outlined: Outline, context: Context) -> Steps:
    """From the image to the map, and by pooling to the features."""
    image = (*outlined.image_size, len(spec.picture_input.preprocessing.channel_order))
    if spec.pooling is None:
        return image, outlined.map_shape
    return image, outlined.map_shape, POOLING_STEPS[spec.pooling], outlined.feature_shape


def class_names(spec: OwnModel, context: Context) -> tuple[str, ...] | None:
    """What the user calls the values of the last layer."""
    return spec.class_names or None


def pace(spec: OwnModel, context: Context) -> str:
    """The same model at the same size takes the same time."""
    return f"{spec.method} {spec.weights} {spec.image_size} {spec.output}"


def check(spec: OwnModel, facts: ModelFacts) -> None:
    """Hold a spec against what is known of its model.

    Raises:
        SpecError: If its size, preprocessing, output or number of classes is not that of the model.
    """
    if spec.format != facts.format:
        raise SpecError(f"`format` of {spec.name} must be {facts.format!r}. Received: {spec.format!r}.")
    for side, fixed in zip(spec.image_size, facts.input_shape[:2], strict=True):
        if fixed not in (0, side):
            raise SpecError(
                f"{spec.name} takes images of {facts.input_shape[0]} x {facts.input_shape[1]}. "
                f"Received: {spec.image_size[0]} x {spec.image_size[1]}."
            )
    if spec.preprocessing not in facts.presets:
        raise SpecError(
            f"{spec.name} takes {facts.input_shape[2]} channels: `preprocessing` must be one of "
            f"{', '.join(facts.presets)}. Received: {spec.preprocessing!r}."
        )
    if spec.output >= len(facts.outputs):
        raise SpecError(f"`output` must be 0 to {len(facts.outputs) - 1} for {spec.name}. Received: {spec.output}.")
    n_classes = facts.outputs[spec.output].n_classes
    if spec.class_names and len(spec.class_names) != n_classes:
        raise SpecError(f"{spec.name} tells {n_classes} classes apart. Received: {len(spec.class_names)} names.")


def _batch_size(spec: OwnModel) -> int:
    height, width = spec.image_size
    return max(1, min(32, PIXELS_A_BATCH // (height * width)))


_LAYERS: Remembered[tuple[LayerInfo, ...]] = Remembered(16)


def _layers(spec: OwnModel, context: Context) -> tuple[LayerInfo, ...]:
    content, _ = model_file(context.workspace, spec.weights)
    if spec.format == "onnx":
        return OnnxNetwork(content, spec.image_size, spec.output).layers
    return list_layers(outline_model(content, spec.image_size, spec.output))
