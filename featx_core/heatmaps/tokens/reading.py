"""What the blocks of a transformer attend to, read while it runs, and the heatmaps that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.architecture.patches import patch_side
from featx_core.base.compat import layers_within
from featx_core.base.progress import ProgressCallback
from featx_core.heatmaps.attention.kinds import NO_ATTENTION, has_attention
from featx_core.heatmaps.cells import cells_of
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.observation import Observation
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.pictures import fitted_of, size_of
from featx_core.heatmaps.scaling import scale_map
from featx_core.images.fitting import place

if TYPE_CHECKING:
    import keras

    from featx_core.architecture.layers import LayerInfo
    from featx_core.heatmaps.methods import HeatmapMethod
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

IMAGES_PER_PASS = 4
"""Of 197 tokens, 12 heads and 12 blocks: their scores take 90 MB before the mean over the heads."""

_FLAT = "Flat: attention is spread evenly over this image."

Record = Callable[[Any], None]
"""Told the scores of one call, `(n_images, n_heads, n_queries, n_tokens)`."""


def explain_by_attention(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    method: HeatmapMethod,
    on_progress: ProgressCallback | None = None,
) -> list[Heatmap]:
    """Draw one heatmap an image from the attention of all blocks that the features need.

    Args:
        images: Records, or uint8 `(height, width, 3)` RGB arrays. Not modified.
        extractor: Network and preprocessing.
        method: A row of `HEATMAPS` that `rolls`.
        on_progress: Called with images done and images in all.

    Raises:
        HeatmapError: If the network is no transformer that attends to the whole image.
    """
    report = on_progress or (lambda done, total: None)
    patches = _patches(extractor)
    heatmaps: list[Heatmap] = []
    for start in range(0, len(images), IMAGES_PER_PASS):
        report(start, len(images))
        chunk = images[start : start + IMAGES_PER_PASS]
        fitted = np.stack([fitted_of(image, extractor) for image in chunk])
        read = read_attention(extractor.plain.model, extractor.preprocess(fitted))
        for number, image in enumerate(chunk):
            heatmaps.append(_heatmap(image, extractor, method, patches, [matrices[number] for matrices in read]))
    report(len(images), len(images))
    return heatmaps


def read_attention(model: keras.Model, batch: np.ndarray) -> list[np.ndarray]:
    """Run a network once and note what each of its layers of attention attends to.

    Args:
        model: A functional model. Left as it was.
        batch: What it receives, float32 `(n_images, height, width, 3)`. Not modified.

    Returns:
        For each call of such a layer, in order, float32 `(n_images, n_queries, n_tokens)`: the mean over its heads.
    """
    found: list[np.ndarray] = []
    with _recorded(model, lambda scores: found.append(np.asarray(scores).mean(axis=1))):
        model(batch, training=False)
    return found


@contextmanager
def _recorded(model: keras.Model, record: Record) -> Iterator[None]:
    """Have the layers of attention of a model tell their scores, for as long as this lasts."""
    changed: list[tuple[Any, str]] = []
    try:
        for layer in layers_within(model):
            if type(layer).__name__ in _TELLING:
                name, telling = _TELLING[type(layer).__name__]
                # Keras would look into what is set in the usual way.
                object.__setattr__(layer, name, telling(layer, getattr(layer, name), record))
                changed.append((layer, name))
        yield
    finally:
        for layer, name in changed:
            object.__delattr__(layer, name)


def _of_keras(layer: Any, computed: Callable[..., Any], record: Record) -> Callable[..., Any]:
    """Source: `keras.layers.MultiHeadAttention._compute_attention`, which gives outputs and, where asked to, scores."""
    del layer

    def compute(query: Any, key: Any, value: Any, *others: Any, **options: Any) -> Any:
        mask = others[0] if others else options.pop("attention_mask", None)
        training = others[1] if len(others) > 1 else options.pop("training", None)
        options.pop("return_attention_scores", None)
        output, scores = computed(query, key, value, mask, training, True, **options)
        record(scores)
        return output, scores

    return compute


def _of_dinov3(layer: Any, called: Callable[..., Any], record: Record) -> Callable[..., Any]:
    """Source: `DINOV3Attention.call` of KerasHub, which never gives its scores: they are computed once more."""
    from keras import ops

    def call(inputs: Any, *others: Any, **options: Any) -> Any:
        shape = (*inputs.shape[:2], layer.num_heads, layer.head_dim)
        query, key = (ops.reshape(dense(inputs), shape) for dense in (layer.query_dense, layer.key_dense))
        places = options.get("position_embeddings")
        if places is not None:
            query, key = layer._apply_rotary(query, key, *places, options.get("num_prefix_tokens", 0))
        record(ops.softmax(ops.einsum("bqhd,bkhd->bhqk", query, key) * layer.scale))
        return called(inputs, *others, **options)

    return call


_TELLING: Mapping[str, tuple[str, Callable[..., Callable[..., Any]]]] = MappingProxyType(
    {"MultiHeadAttention": ("_compute_attention", _of_keras), "DINOV3Attention": ("call", _of_dinov3)}
)
"""By the class of a layer of attention: which of its functions is changed meanwhile, and how."""


def _patches(extractor: Extractor) -> LayerInfo:
    """Find a layer that lays the patches out as a map."""
    if not has_attention(extractor.layers):
        raise HeatmapError(NO_ATTENTION)
    for info in extractor.layers:
        if patch_side(extractor.network.layers[info.index]):
            return info
    raise HeatmapError("The layers of this network do not say where its patches lie, so their attention has no place.")


def _heatmap(
    image: ImageRecord | np.ndarray,
    extractor: Extractor,
    method: HeatmapMethod,
    patches: LayerInfo,
    attention: Sequence[np.ndarray],
) -> Heatmap:
    if not attention:
        raise HeatmapError("The features of this run come before the first block with attention. Tap a later layer.")
    width, height = size_of(image)
    values = method.function(attention, (patches.output_shape[0], patches.output_shape[1]))
    scaled = scale_map(method, values, Observation(np.ones((*values.shape, 1)), flat_reason=_FLAT))
    blocks = "1 layer" if len(attention) == 1 else f"{len(attention)} layers"
    return Heatmap(
        grid=scaled.grid,
        cells=cells_of(extractor.network, patches),
        placement=place(width, height, extractor.image_size, extractor.fit),
        width=width,
        height=height,
        title=method.draws,
        layer=f"{blocks} of attention",
        low=scaled.low,
        high=scaled.high,
        note=scaled.note,
    )
