"""The layer that a heatmap is computed from, and clear errors where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from featx_core.architecture.layers import NOT_A_STAGE, find_layer

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.networks.extractor import Extractor


class HeatmapError(ValueError):
    """A heatmap that cannot be drawn. The message is a plain sentence that a page can show."""


def choose_layer(
    extractor: Extractor, layer: int | str | None, *, of_classes: bool = False, needs_gradient: bool = False
) -> LayerInfo:
    """Find the layer to draw from.

    Args:
        extractor: Its layers.
        layer: Index, stage alias or name, as for `find_layer`. None picks the last layer with places on the way to the end.
        of_classes: Whether the end is the classifier's last layer; else it is the features.
        needs_gradient: Whether the layer must lie on the way to the end.

    Returns:
        A layer whose output has height and width.

    Raises:
        HeatmapError: If no layer has places, or this one has none or does not lead to the end, or there is no such layer.
    """
    known = _known(extractor, layer, of_classes)
    if known is not None:
        return known
    spatial = [info for info in extractor.layers if info.is_spatial and info.kind not in NOT_A_STAGE]
    if not spatial:
        raise HeatmapError(
            "This network has no layer with height and width: each of its layers gives one vector for the whole "
            "image, so no position can be highlighted. Heatmaps need a network with convolutions."
        )
    passed = extractor.layers_before(of_classes=of_classes)
    on_the_way = [info for info in spatial if info.index in passed]
    if layer is None:
        return _last(extractor, spatial, on_the_way)
    found = _with_places(_find(extractor.layers, layer), spatial)
    if needs_gradient and found.index not in passed:
        raise HeatmapError(_why_no_gradient(extractor, found, on_the_way))
    return found


def describe(layer: LayerInfo) -> str:
    """Name a layer with its output shape, such as `layer 154, "out_relu" (7 x 7 x 1280)`."""
    return f'layer {layer.index}, "{layer.name}" ({" x ".join(map(str, layer.output_shape))})'


def _known(extractor: Extractor, layer: int | str | None, of_classes: bool) -> LayerInfo | None:
    """Return the last map of an extractor that needs no network for it, where that is what is asked for."""
    if extractor.last_map is None or (of_classes and extractor.tap < len(extractor.layers) - 1):
        return None
    index = extractor.last_map.index
    is_meant = layer is None or _find(extractor.layers, layer).index == index
    return extractor.layers[index] if is_meant else None


def _last(extractor: Extractor, spatial: Sequence[LayerInfo], on_the_way: Sequence[LayerInfo]) -> LayerInfo:
    if on_the_way:
        return on_the_way[-1]
    raise HeatmapError(
        f"No layer on the way to {describe(extractor.layers[extractor.tap])} has height and width. The first one that "
        f"does is {describe(spatial[0])}: create a run that taps that layer or a later one."
    )


def _why_no_gradient(extractor: Extractor, layer: LayerInfo, on_the_way: Sequence[LayerInfo]) -> str:
    if layer.index > extractor.tap:
        reason = f"it comes after {describe(extractor.layers[extractor.tap])}, where this run taps the network"
    else:
        reason = "the features of this run do not pass through it"
    fix = f"The last layer that they pass through is {describe(on_the_way[-1])}." if on_the_way else ""
    return f"Grad-CAM cannot use {describe(layer)}: {reason}. {fix}".strip()


def _find(layers: Sequence[LayerInfo], layer: int | str) -> LayerInfo:
    try:
        return layers[find_layer(layers, layer)]
    except ValueError as error:
        raise HeatmapError(str(error)) from None


def _with_places(layer: LayerInfo, spatial: Sequence[LayerInfo]) -> LayerInfo:
    if layer.is_spatial:
        return layer
    before = [info for info in spatial if info.index < layer.index][-1:]
    after = [info for info in spatial if info.index > layer.index][:1]
    nearest = " and ".join(describe(info) for info in before + after)
    raise HeatmapError(
        f"A heatmap needs an output with height and width, and {describe(layer)} has none. Nearest that has: {nearest}."
    )
