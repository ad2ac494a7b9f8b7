"""Scores of changed images: the number that a target stands for, held at what it is on the image itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.heatmaps.logits import logits_of
from featx_core.heatmaps.observation import check_classifier
from featx_core.heatmaps.pictures import fitted_of
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget, OwnFeaturesTarget, SimilarityTarget, Target
from featx_core.measures.softmax import softmax
from featx_core.networks.engines.choice import Engines

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


@contextmanager
def scoring_many(extractor: Extractor, target: Target, n_images: int) -> Iterator[Callable[[np.ndarray], Score]]:
    """Prepare to score many changed images, by the converted graph of the network where there is one or one pays.

    The number is: for a class its probability, the class being the one that `target` names on the image itself; for one
    feature its value; for another image the cosine of the angle between the features; for the image's own features how much
    of them is left, `f(x) . f / f . f`, which is 1 for the image itself.

    Args:
        extractor: Network and preprocessing. Its gradients are not needed.
        target: What to score.
        n_images: About how many changed images there will be.

    Returns:
        From one fitted image, uint8 `(height, width, 3)`, to its score.

    Raises:
        HeatmapError: If the network has no such feature or class.
    """
    check_classifier(extractor, target)
    outputs, engines = _class_scores(extractor) if target.of_classes else _features(extractor)
    run = _Passes(outputs, engines, extractor.image_size, n_images)
    engines.begin()
    reference = run(fitted_of(target.image, extractor)[np.newaxis])[0] if isinstance(target, SimilarityTarget) else None
    try:
        yield lambda fitted: _held(extractor, target, run, fitted, reference)
    finally:
        engines.end()


def _held(
    extractor: Extractor, target: Target, run: Outputs, fitted: np.ndarray, reference: np.ndarray | None
) -> Score:
    whole = run(fitted[np.newaxis])[0]
    target.check(len(whole))
    number = _NUMBERS[target.kind](target, whole, reference)
    title, reason = target.title(whole, extractor.classes), target.flat_reason(whole, reference)
    return Score(lambda images: number(run(images)), title, reason)


def _features(extractor: Extractor) -> tuple[Outputs, Any]:
    plain = extractor.plain
    return lambda images: plain(images).reshape(len(images), -1), plain.engines


def _class_scores(extractor: Extractor) -> tuple[Outputs, Any]:
    engine = extractor.class_engine
    if engine is not None:
        return lambda images: engine(extractor.preprocess(images)), extractor.engines
    before, to_logits = logits_of(extractor.network)
    engines = Engines(load_keras().Model(extractor.network.input, before))

    def logits(images: np.ndarray) -> np.ndarray:
        values = np.asarray(to_logits(engines(extractor.preprocess(images))))
        return values.reshape(len(images), -1)

    return logits, engines


class _Passes:
    """Runs images in passes that fit into memory, and tells the engines how long the rest will take."""

    def __init__(self, outputs: Outputs, engines: Any, size: tuple[int, int], n_images: int) -> None:
        self._outputs, self._engines, self._left = outputs, engines, n_images
        self._step = max(1, PIXELS_PER_PASS // (size[0] * size[1]))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        parts = [self._one(images[start : start + self._step]) for start in range(0, len(images), self._step)]
        return np.concatenate(parts).astype(np.float64)

    def _one(self, images: np.ndarray) -> np.ndarray:
        started = time.perf_counter()
        found = self._outputs(images)
        self._left -= len(images)
        if len(images) > 1:  # the first one alone is slow: the graph is traced
            self._engines.plan((time.perf_counter() - started) / len(images) * max(self._left, 0))
        return found


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
