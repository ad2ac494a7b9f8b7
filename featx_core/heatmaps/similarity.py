"""What makes two images similar to a network: how much each cell of a layer adds to the cosine of their features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featx_core.heatmaps.cells import find_cells
from featx_core.heatmaps.layers import HeatmapError, choose_layer, describe
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.pictures import pixels_of, size_of
from featx_core.images.fitting import place

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

CLOSE_ENOUGH = 1e-3
"""How far features may be from the mean over a layer's cells, as a share of the largest, to count as that mean."""


def cell_contributions(activations: np.ndarray, features: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what each cell of a layer adds to the cosine of an image's features and those of another image.

    The features must be the mean over the cells (global average pooling), or all cells in a row. The cosine is then a sum
    over cells: for pooled features, of the cell's activations times the other image's features, divided by the number of
    cells and by both lengths.

    Args:
        activations: Of the image at the layer, `(height, width, n_channels)`. Not modified.
        features: Of the image, `(n_channels,)` or `(height * width * n_channels,)`. Not modified.
        other: Of the other image, same shape. Not modified.

    Returns:
        float64 `(height, width)`. Their sum is the cosine.

    Raises:
        HeatmapError: If the features are something else, or all 0.

    Reference:
        Stylianou, Souvenir and Pless, "Visualizing deep similarity networks", WACV 2019, arXiv:1901.00536, equation 3.

    >>> cell_contributions(np.array([[[2.0, 0.0], [0.0, 2.0]]]), np.array([1.0, 1.0]), np.array([1.0, 0.0])).round(3).tolist()
    [[0.707, 0.0]]
    """
    values = activations.astype(np.float64)
    own, against = features.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    lengths = float(np.linalg.norm(own) * np.linalg.norm(against))
    if not np.isfinite(values).all() or not 0 < lengths < np.inf:
        raise HeatmapError(
            "The features of one of these images are all 0 or not finite, so nothing makes them similar."
        )
    if _is_same(own, values.mean(axis=(0, 1))):
        return np.asarray(values @ against / (values.shape[0] * values.shape[1] * lengths))
    if _is_same(own, values.ravel()):
        return np.asarray((values * against.reshape(values.shape)).sum(axis=-1) / lengths)
    raise HeatmapError(
        "The features of this run are not the mean over the places of a layer, so their similarity is no sum over places. "
        "The Heatmaps page shows it by Grad-CAM: pick “Similarity to another image” there."
    )


def explain_similarity(
    image: ImageRecord | np.ndarray, other: ImageRecord | np.ndarray, extractor: Extractor, *, name: str = ""
) -> Heatmap:
    """Show which places of an image make it similar to another one.

    Args:
        image: A record of a workspace, or uint8 `(height, width, 3)` RGB. Not modified.
        other: The other image.
        extractor: Network and preprocessing, as returned by `build`.
        name: What to call the other image. Defaults to the record's name.

    Returns:
        The heatmap of `image`: 0 where a cell of the last layer with places adds nothing to the cosine of the two, or
        takes from it; 1 where it adds most, which is `high`.

    Raises:
        HeatmapError: If the network has no such layer, or its features are not pooled from one. The message says why.
    """
    extractor = extractor.plain
    layer = choose_layer(extractor, None)
    size = extractor.image_size
    fitted = np.stack([extractor.fit_image(pixels_of(each, at_least=size)) for each in (image, other)])
    activations, features = _seen(extractor, layer, fitted)
    values = cell_contributions(activations[0], features[0], features[1])
    width, height = size_of(image)
    high = float(values.max())
    drawn = np.maximum(values, 0) / high if high > 0 else np.zeros(values.shape)
    called = name or getattr(other, "name", "another image")
    return Heatmap(
        grid=drawn.astype(np.float32),
        cells=find_cells(extractor, layer),
        placement=place(width, height, size, extractor.fit),
        width=width,
        height=height,
        title=f"Parts of the similarity to {called}, cosine {values.sum():.2f}",
        layer=describe(layer),
        low=0.0,
        high=max(high, 0.0),
        note=_note(values),
    )


def _seen(extractor: Extractor, layer: LayerInfo, fitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a layer gives for fitted images, and their features."""
    engine = None if extractor.has_gradients else extractor.engine_of(layer.index)
    if engine is not None:
        return engine(extractor.preprocess(fitted)), extractor(fitted)
    model = extractor.submodel([layer.index])
    activations, features = (np.asarray(part) for part in model(extractor.preprocess(fitted), training=False))
    return activations, features


def _is_same(features: np.ndarray, found: np.ndarray) -> bool:
    if features.shape != found.shape:
        return False
    return bool(np.abs(features - found).max() <= CLOSE_ENOUGH * np.abs(features).max())


def _note(values: np.ndarray) -> str:
    """Say how much is not drawn, as it makes the images less similar."""
    if values.max() <= 0:
        return "No place makes the two more similar."
    against = float(values[values < 0].sum())
    return f"Places that make the two less similar, {against:.2f} in all, are not drawn." if against < -0.005 else ""
