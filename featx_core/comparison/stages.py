"""Features of every stage of a network, in one pass over the images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.images.decoding import ImageError

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.networks.extractor import Extractor

DECODING_THREADS = 2


def stages_of(extractor: Extractor) -> list[LayerInfo]:
    """List the layers to tap: the last one of each resolution, and the last of all."""
    last = extractor.layers[-1]
    return [layer for layer in extractor.layers if layer.stage and layer.index != last.index] + [last]


def tap_stages(
    images: ImageSet,
    extractor: Extractor,
    layers: Sequence[LayerInfo],
    *,
    on_progress: ProgressCallback | None = None,
) -> tuple[list[int], list[np.ndarray]]:
    """Compute the features of several layers in one pass over the images, maps averaged over their places.

    Args:
        images: The images. Not modified.
        extractor: Network and preprocessing.
        layers: Which layers.
        on_progress: Called with images done and images in all.

    Returns:
        The rows of the images that could be read, and for each layer float32 `(n_read, n_features)`.
    """
    run = _compiled(extractor, layers)
    size = extractor.batch_size
    kept: list[int] = []
    parts: list[list[np.ndarray]] = []
    with ThreadPoolExecutor(DECODING_THREADS) as pool:
        starts = list(range(0, len(images), size))
        ahead = [
            pool.map(lambda image: _fitted(extractor, image), images[start : start + size]) for start in starts[:2]
        ]
        for number, start in enumerate(starts):
            fitted = list(ahead[number])
            if number + 2 < len(starts):
                later = starts[number + 2]
                ahead.append(pool.map(lambda image: _fitted(extractor, image), images[later : later + size]))
            read = {start + row: picture for row, picture in enumerate(fitted) if picture is not None}
            if read:
                parts.append(run(extractor.preprocess(np.stack(list(read.values())))))
                kept += read
            if on_progress is not None:
                on_progress(min(start + size, len(images)), len(images))
    return kept, [np.concatenate(each) for each in zip(*parts, strict=True)]


def _fitted(extractor: Extractor, image: ImageRecord) -> np.ndarray | None:
    try:
        return image.fitted(extractor.image_size, extractor.fit)
    except (ImageError, KeyError):
        return None


def _compiled(extractor: Extractor, layers: Sequence[LayerInfo]) -> Callable[[np.ndarray], list[np.ndarray]]:
    """One graph from preprocessed images to the pooled outputs of all layers; nothing else leaves it."""
    if not extractor.has_gradients:
        return _by_engines(extractor, layers)
    import tensorflow as tf

    from featx_core.base.keras_setup import load_keras
    from featx_core.base.tensorflow_compat import traced
    from featx_core.networks.engines.engine import forward_pass

    network = extractor.network
    model = load_keras().Model(network.input, [network.layers[layer.index].output for layer in layers])
    run = forward_pass(model)

    def forward(batch: Any) -> list[Any]:
        outputs = run(batch)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [tf.reduce_mean(each, axis=list(range(1, len(each.shape) - 1))) for each in outputs]

    graph = traced(forward, tf.TensorSpec((None, *model.input.shape[1:]), tf.float32))
    return lambda batch: [each.numpy() for each in graph(tf.constant(batch))]


def _by_engines(extractor: Extractor, layers: Sequence[LayerInfo]) -> Callable[[np.ndarray], list[np.ndarray]]:
    """One engine a layer, where the network is none of Keras."""
    engines = [engine for layer in layers if (engine := extractor.engine_of(layer.index)) is not None]

    def run(batch: np.ndarray) -> list[np.ndarray]:
        found = (engine(batch) for engine in engines)
        return [values.mean(axis=tuple(range(1, values.ndim - 1))) for values in found]

    return run
