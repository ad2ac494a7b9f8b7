"""Extraction of features with pretrained backbones."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from featx_core.architecture.layers import LayerInfo, find_layer, list_layers
from featx_core.architecture.outline import POOLING_STEPS, Outline, outline_at
from featx_core.backbones import imagenet_classes
from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import without_weights
from featx_core.networks import weights
from featx_core.networks.extractor import Extractor, pool
from featx_core.networks.origins import build_network, origin_of
from featx_core.networks.weights_loading import load_into
from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    import keras

    from featx_core.methods.method import Context, Steps
    from featx_core.specs.pretrained import Pretrained


def outline(spec: Pretrained, context: Context) -> Outline:
    """List the layers and the shapes, without any weights.

    Raises:
        SpecError: If the layer does not exist, or gives no map to pool.
    """
    layers = _layers(spec.backbone, spec.size, spec.classifier)
    try:
        return outline_at(layers, spec.layer, spec.size, spec.pooling)
    except ValueError as error:
        raise SpecError(str(error)) from None


def build(spec: Pretrained, context: Context) -> Extractor:
    """Make the network with its weights.

    Raises:
        SpecError: If the layer does not exist, or gives no map to pool.
        WeightsError: If the weights cannot be had or do not fit.
        PrecisionError: If this machine cannot compute in that precision.
    """
    tap = outline(spec, context).tap
    network, notes = _network(spec, context)
    return Extractor(
        spec,
        network,
        _output(spec, network, tap),
        tap=tap,
        preprocessing=spec.picture_input.preprocessing,
        fit=spec.fit,
        batch_size=BACKBONES[spec.backbone].batch_size_at(spec.size),
        classes=class_names(spec, context),
        precision=spec.precision,
        notes=notes,
    )


def architecture(spec: Pretrained, context: Context) -> tuple[keras.Model, keras.KerasTensor]:
    """Make the network and the tensor of its features, untrained."""
    network = build_network(BACKBONES[spec.backbone], spec.size, classifier=spec.classifier)
    tap = find_layer(_layers(spec.backbone, spec.size, spec.classifier), spec.layer)
    return network, _output(spec, network, tap)


def steps(spec: Pretrained, outlined: Outline, context: Context) -> Steps:
    """From the image to the map, and by pooling to the features."""
    image = (*outlined.image_size, 3)
    if spec.pooling is None:
        return image, outlined.map_shape
    return image, outlined.map_shape, POOLING_STEPS[spec.pooling], outlined.feature_shape


def class_names(spec: Pretrained, context: Context) -> tuple[str, ...] | None:
    """The 1 000 ImageNet classes, if the network keeps its classifier."""
    return imagenet_classes.class_names() if spec.classifier else None


def pace(spec: Pretrained, context: Context) -> str:
    """The same network at the same size and precision takes the same time."""
    return f"{spec.method} {spec.backbone} {spec.size} {spec.precision}"


def _network(spec: Pretrained, context: Context) -> tuple[keras.Model, tuple[str, ...]]:
    """Make the network with its weights, and say what people should know of these."""
    row = BACKBONES[spec.backbone]
    make = functools.partial(build_network, row, spec.size, classifier=spec.classifier)
    if spec.weights == row.trained:
        return origin_of(row).load(make, row, spec.classifier, context.on_progress), ()
    if spec.weights == "random":
        network = make()
        origin_of(row).randomize(network, spec.picture_input.preprocessing, spec.seed)
        return network, ()
    name, content = weights.from_workspace(context.workspace, spec.weights)
    load_file = origin_of(row).load_file
    if load_file is not None:
        return load_file(row, spec.size, content, name)
    network = make()
    loaded = load_into(network, content, name)
    weights.finish_imagenet(row, network)
    return network, weights.notes_of_file(name, loaded)


def _output(spec: Pretrained, network: keras.Model, tap: int) -> keras.KerasTensor:
    """Pool the tapped layer; a last layer that belongs after the pooling is moved there, as Keras itself does."""
    last = network.layers[tap]
    is_normalized_last = BACKBONES[spec.backbone].normalizes_after_pooling and not spec.classifier
    if is_normalized_last and tap == len(network.layers) - 1 and spec.pooling in ("avg", "max"):
        return last(pool(last.input, spec.pooling))
    return pool(last.output, spec.pooling)


@functools.lru_cache(maxsize=64)
def _layers(backbone: str, size: tuple[int, int], classifier: bool) -> tuple[LayerInfo, ...]:
    with without_weights():
        return list_layers(build_network(BACKBONES[backbone], size, classifier=classifier))
