"""From an extractor to what is kept of its network: for the next process, which then needs no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import load_keras
from featx_core.heatmaps.cells import find_cells
from featx_core.heatmaps.layers import HeatmapError, choose_layer
from featx_core.networks.engines.choice import Engines
from featx_core.networks.extractor import Extractor
from featx_core.networks.kept.record import NetworkFacts, may_be_kept
from featx_core.networks.last_map import LastMap
from featx_core.networks.origins import has_head
from featx_core.specs.pretrained import Pretrained

if TYPE_CHECKING:
    import keras


def can_be_kept(extractor: Extractor) -> bool:
    """Whether an extractor is a plain network in float32, on the processor, whose input is what its spec says."""
    pixels = extractor.spec.picture_input
    return (
        type(extractor) is Extractor
        and isinstance(extractor.engines, Engines)
        and pixels is not None
        and (pixels.preprocessing, pixels.image_size, pixels.fit)
        == (extractor.preprocessing, extractor.image_size, extractor.fit)
        and may_be_kept(extractor.spec)
    )


def facts_of(extractor: Extractor) -> NetworkFacts:
    """List what is asked of an extractor besides running it."""
    return NetworkFacts(
        layers=extractor.layers,
        tap=extractor.tap,
        map_shape=extractor.layers[extractor.tap].output_shape,
        feature_shape=tuple(extractor.output_shape[1:]),  # type: ignore[arg-type]
        batch_size=extractor.batch_size,
        notes=extractor.notes,
        last_map=_last_map(extractor),
    )


def model_to_convert(extractor: Extractor, facts: NetworkFacts) -> keras.Model:
    """Make the model whose graph is kept: it gives the features, and after them the last map where there is one."""
    outputs = [extractor.model.output]
    if facts.last_map is not None:
        outputs.append(extractor.network.layers[facts.last_map.index].output)
    return load_keras().Model(extractor.network.input, outputs)


def _last_map(extractor: Extractor) -> LastMap | None:
    try:
        layer = choose_layer(extractor, None)
        return LastMap(layer.index, find_cells(extractor, layer), _is_averaged(extractor, layer.index))
    except HeatmapError:  # heatmaps say why there are none
        return None


def _is_averaged(extractor: Extractor, index: int) -> bool:
    spec = extractor.spec
    if not isinstance(spec, Pretrained):
        return False
    row = BACKBONES[spec.backbone]
    if spec.classifier:
        return extractor.tap == len(extractor.layers) - 1 and has_head(row)
    return spec.pooling == "avg" and index == extractor.tap and not row.normalizes_after_pooling
