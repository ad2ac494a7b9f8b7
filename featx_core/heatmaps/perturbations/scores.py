"""Scores of changed images: the number that a target stands for, held at what it is on the image itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.base.tensorflow_compat import traced
from featx_core.heatmaps.logits import logits_of
from featx_core.heatmaps.observation import check_classifier
from featx_core.heatmaps.pictures import fitted_of
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget, OwnFeaturesTarget, SimilarityTarget, Target
from featx_core.measures.softmax import softmax

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor

PIXELS_PER_PASS = 32 * 224 * 224
"""Bounds the memory of one pass: 32 images at the usual size, without gradients."""

Outputs = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Score:
    """A number for each changed version of one image.

    Attributes:
        of: From fitted images, uint8 `(n_images, height, width, 3)`, to float64 `(n_images,)`.
        target_title: Names the target for this image.
        flat_reason: Why the target cannot change on this image; else empty.
    """

    of: Callable[[np.ndarray], np.ndarray]
    target_title: str
    flat_reason: str = ""


def scorer(extractor: Extractor, target: Target) -> Callable[[np.ndarray], Score]:
    """Prepare to score changed images.

    The number is: for a class its probability, the class being the one that `target` names on the image itself; for one
    feature its value; for another image the cosine of the angle between the features; for the image's own features how much
    of them is left, `f(x) . f / f . f`, which is 1 for the image itself.

    Args:
        extractor: Network and preprocessing. Its gradients are not needed.
        target: What to score.

    Returns:
        From one fitted image, uint8 `(height, width, 3)`, to its score.

    Raises:
        HeatmapError: If the network has no such feature or class.
    """
    check_classifier(extractor, target)
    outputs = _class_scores(extractor) if target.of_classes else _features(extractor)
    run = _in_passes(outputs, extractor.image_size)
    reference = run(fitted_of(target.image, extractor)[np.newaxis])[0] if isinstance(target, SimilarityTarget) else None

    def hold(fitted: np.ndarray) -> Score:
        whole = run(fitted[np.newaxis])[0]
        target.check(len(whole))
        number = _NUMBERS[target.kind](target, whole, reference)
        title, reason = target.title(whole, extractor.classes), target.flat_reason(whole, reference)
        return Score(lambda images: number(run(images)), title, reason)

    return hold


def _features(extractor: Extractor) -> Outputs:
    return lambda images: extractor.plain(images).reshape(len(images), -1)


def _class_scores(extractor: Extractor) -> Outputs:
    import tensorflow as tf

    before, to_logits = logits_of(extractor.network)
    model = load_keras().Model(extractor.network.input, before)

    def logits(inputs: tf.Tensor) -> tf.Tensor:
        values = to_logits(model(inputs, training=False))
        return tf.reshape(values, (-1, math.prod(values.shape[1:])))

    form = tf.TensorSpec((None, *extractor.network.input.shape[1:]), tf.float32)
    graph = traced(logits, form)
    return lambda images: np.asarray(graph(tf.constant(extractor.preprocess(images))))


def _in_passes(outputs: Outputs, size: tuple[int, int]) -> Outputs:
    step = max(1, PIXELS_PER_PASS // (size[0] * size[1]))

    def run(images: np.ndarray) -> np.ndarray:
        parts = [outputs(images[start : start + step]) for start in range(0, len(images), step)]
        return np.concatenate(parts).astype(np.float64)

    return run


def _own(target: OwnFeaturesTarget, whole: np.ndarray, reference: Any) -> Outputs:
    length = float(whole @ whole)
    return lambda rows: rows @ whole / length if length else np.zeros(len(rows))


def _feature(target: FeatureTarget, whole: np.ndarray, reference: Any) -> Outputs:
    return lambda rows: rows[:, target.index]


def _class(target: ClassTarget, whole: np.ndarray, reference: Any) -> Outputs:
    index = target.index if target.index is not None else int(np.argsort(-whole, kind="stable")[target.rank - 1])
    return lambda rows: softmax(rows)[:, index]


def _similarity(target: SimilarityTarget, whole: np.ndarray, reference: np.ndarray) -> Outputs:
    def cosines(rows: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(reference)
        return np.asarray(np.divide(rows @ reference, lengths, out=np.zeros(len(rows)), where=lengths > 0))

    return cosines


_NUMBERS: Mapping[str, Callable[..., Outputs]] = MappingProxyType(
    {
        OwnFeaturesTarget.kind: _own,
        FeatureTarget.kind: _feature,
        ClassTarget.kind: _class,
        SimilarityTarget.kind: _similarity,
    }
)
