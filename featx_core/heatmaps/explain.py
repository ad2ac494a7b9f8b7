"""From images and an extractor to heatmaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.heatmaps.cells import find_cells
from featx_core.heatmaps.layers import HeatmapError, choose_layer, describe
from featx_core.heatmaps.methods import HEATMAPS, HeatmapMethod
from featx_core.heatmaps.observation import Observation, check_classifier, default_target, observer
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.perturbations.hiding import explain_by_hiding
from featx_core.heatmaps.pictures import fitted_of, size_of
from featx_core.heatmaps.scaling import scale
from featx_core.heatmaps.targets import Target
from featx_core.heatmaps.tokens.reading import explain_by_attention
from featx_core.images.fitting import Cells, Placement, place

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

PIXELS_PER_PASS = 8 * 224 * 224
"""Keeps one pass under about 1 GB: 8 images at the usual size, with gradients, even for ConvNeXtTiny."""


def explain(
    image: ImageRecord | np.ndarray,
    extractor: Extractor,
    name: str,
    *,
    layer: int | str | None = None,
    target: Target | None = None,
) -> Heatmap:
    """Show where one layer of a network sees something in an image.

    Args:
        image: A record of a workspace, or uint8 `(height, width, 3)` RGB. Not modified.
        extractor: Network and preprocessing, as returned by `build`.
        name: A key of `HEATMAPS`, such as "grad_cam".
        layer: Index, stage alias or name of a layer with height and width. None takes the last one on the way to the features.
        target: What to explain. None takes the class that scores highest where the network has a classifier, else this
            image's own features. Only methods that need a target look at it.

    Returns:
        The heatmap, in [0, 1], laid on the original image.

    Raises:
        ValueError: If `name` is unknown or `image` has another shape or dtype.
        HeatmapError: If the network, the layer or the target allow no such heatmap. The message says why.
    """
    return explain_many([image], extractor, [name], layer=layer, target=target)[name][0]


def explain_many(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    names: Sequence[str],
    *,
    layer: int | str | None = None,
    target: Target | None = None,
    on_progress: ProgressCallback | None = None,
) -> dict[str, list[Heatmap]]:
    """Draw several heatmaps of several images, with one forward pass per image, and many for methods that hide parts.

    Args:
        images: Records, or uint8 `(height, width, 3)` RGB arrays of any sizes. Not modified.
        extractor: Network and preprocessing, as returned by `build`.
        names: Keys of `HEATMAPS`.
        layer: As for `explain`, the same for all.
        target: As for `explain`, the same for all.
        on_progress: Called with images done and images in all.

    Returns:
        For each name the heatmaps, in the order of the images.

    Raises:
        ValueError: If a name is unknown or an image has another shape or dtype.
        HeatmapError: If the network, the layer or the target allow no such heatmap. The message says why.
    """
    methods = {name: _method(name) for name in names}
    hiding = {name: method for name, method in methods.items() if method.hides}
    looking = {name: method for name, method in methods.items() if method.is_at_layer}
    drawn = _explain_layer(images, extractor, looking, layer, target, on_progress) if looking else {}
    for name, method in hiding.items():
        wanted = target or default_target(extractor)
        drawn[name] = explain_by_hiding(images, extractor, method, wanted, on_progress)
    for name, method in methods.items():
        if method.rolls:
            drawn[name] = explain_by_attention(images, extractor, method, on_progress)
    return {name: drawn[name] for name in methods}


def _explain_layer(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    methods: dict[str, HeatmapMethod],
    layer: int | str | None,
    target: Target | None,
    on_progress: ProgressCallback | None,
) -> dict[str, list[Heatmap]]:
    """Draw what is made of one layer."""
    needed = _needed_target(extractor, methods, target)
    info = _layer(extractor, layer, needed)
    cells = _cells(extractor, info)
    heatmaps: dict[str, list[Heatmap]] = {name: [] for name in methods}
    for image, observation in observations(images, extractor, info, needed, on_progress):
        for name, method in methods.items():
            heatmaps[name].append(_heatmap(image, extractor, info, cells, method, observation))
    return heatmaps


def _method(name: str) -> HeatmapMethod:
    if name not in HEATMAPS:
        raise ValueError(f"There is no heatmap {name!r}. The heatmaps are: {', '.join(HEATMAPS)}.")
    return HEATMAPS[name]


def _needed_target(extractor: Extractor, methods: dict[str, HeatmapMethod], target: Target | None) -> Target | None:
    if not any(method.needs_target for method in methods.values()):
        return None
    if not extractor.has_gradients:
        titles = ", ".join(method.title for method in HEATMAPS.values() if not method.needs_gradients)
        first = next(method.title for method in methods.values() if method.needs_gradients)
        raise HeatmapError(f"{first} needs gradients, which an ONNX model does not have. Choose one of {titles}.")
    return target or default_target(extractor)


def _layer(extractor: Extractor, layer: int | str | None, target: Target | None) -> LayerInfo:
    if target is None:
        return choose_layer(extractor, layer)
    check_classifier(extractor, target)
    return choose_layer(extractor, layer, of_classes=target.of_classes, needs_gradient=True)


def _cells(extractor: Extractor, layer: LayerInfo) -> Cells:
    found = _FOUND.setdefault(extractor, {})
    if layer.index not in found:
        found[layer.index] = find_cells(extractor, layer)
    return found[layer.index]


_FOUND: WeakKeyDictionary[Extractor, dict[int, Cells]] = WeakKeyDictionary()
"""Where the cells of a layer lie, by its index: they are of the network alone."""


def observations(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    layer: LayerInfo,
    target: Target | None,
    on_progress: ProgressCallback | None,
) -> Iterator[tuple[ImageRecord | np.ndarray, Observation]]:
    """Run over the images in passes that fit into memory: each with what the layer gave for it."""
    height, width = extractor.image_size
    step = max(1, PIXELS_PER_PASS // (height * width))
    if on_progress is not None:
        on_progress(0, len(images))
    observe = observer(extractor, layer, target)
    for start in range(0, len(images), step):
        chunk = images[start : start + step]
        fitted = np.stack([fitted_of(image, extractor) for image in chunk])
        yield from zip(chunk, observe(fitted), strict=True)
        if on_progress is not None:
            on_progress(start + len(chunk), len(images))


def _heatmap(
    image: ImageRecord | np.ndarray,
    extractor: Extractor,
    layer: LayerInfo,
    cells: Cells,
    method: HeatmapMethod,
    observation: Observation,
) -> Heatmap:
    width, height = size_of(image)
    placement = place(width, height, extractor.image_size, extractor.fit)
    scaled = scale(method, observation)
    return Heatmap(
        grid=scaled.grid,
        cells=cells,
        placement=placement,
        width=width,
        height=height,
        title=f"{method.draws} for {observation.target_title}" if method.needs_target else method.draws,
        layer=describe(layer),
        low=scaled.low,
        high=scaled.high,
        note=scaled.note or _note_on_borders(scaled.grid, cells, placement),
    )


def _note_on_borders(grid: np.ndarray, cells: Cells, placement: Placement) -> str:
    """Say so if the highest value lies beside the image, in the borders that "pad" adds."""
    left, top, right, bottom = placement.box
    row, column = np.unravel_index(np.argmax(grid), grid.shape)
    down, across = np.clip(cells.centre(int(row), int(column)), 0.0, 1.0)
    if 0 <= left + across * (right - left) <= 1 and 0 <= top + down * (bottom - top) <= 1:
        return ""
    return "The highest value lies outside the image, in the grey padding of the network's input."
