"""Images whose label looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.curation.storing import Stored
from featx_core.measures.folds import N_FOLDS, assign_folds
from featx_core.measures.out_of_fold import out_of_fold_scores
from featx_core.measures.probes import checked

MIN_IMAGES = 5
"""Different images that a label needs to be learned; rarer labels are left out."""


@dataclass(frozen=True)
class LabelErrors(Stored):
    """Images for which a probe prefers another label, the surest first.

    Attributes:
        digests: SHA-256 of each suspicious image.
        labels: The label that it has.
        offered: The label that fits better.
        margins: By how much the score of the offered label exceeds that of its own, from 0 to 1.
        n_expected: How many labels are wrong, by estimate. The others on the list are hard images.
        n_images: How many labelled images were looked at.
    """

    digests: tuple[str, ...]
    labels: tuple[str, ...]
    offered: tuple[str, ...]
    margins: tuple[float, ...]
    n_expected: int
    n_images: int


def find_label_errors(
    vectors: np.ndarray,
    labels: Sequence[str],
    digests: Sequence[str],
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    on_progress: ProgressCallback | None = None,
) -> LabelErrors:
    """Find images whose features speak for another label than theirs: confident learning with a linear probe.

    Each image is scored by a probe that has not seen it or its near-duplicates, and is listed where another label scores
    higher than its own. How many of these labels are truly wrong is estimated from the images that score for another label at
    least as high as that label's own images do on average.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
        labels: One an image, none missing.
        digests: Of each image.
        groups: Images of one group, such as near-duplicates, stay in one fold. None: each is its own.
        on_progress: Called with trainings done and trainings in all.

    Raises:
        ValueError: If fewer than two labels have `MIN_IMAGES` different images.

    Reference:
        Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70, 2021,
        equations 1 to 3 (the estimate).
    """
    vectors, _, group = checked(vectors, labels, groups)
    learnable = _learnable(labels, group)
    kept = [row for row, label in enumerate(labels) if label in learnable]
    names = sorted({labels[row] for row in kept})
    if len(names) < 2:
        raise ValueError(f"Label errors need at least two labels with {MIN_IMAGES} different images each.")
    codes = np.array([names.index(labels[row]) for row in kept])
    folds = assign_folds(codes, group[kept], N_FOLDS)
    scores = out_of_fold_scores(vectors[kept], codes, folds, on_progress=on_progress)
    own, best = scores[np.arange(len(codes)), codes], scores.argmax(axis=1)
    margins = scores.max(axis=1) - own
    suspicious = np.flatnonzero(best != codes)
    order = suspicious[np.lexsort((suspicious, -margins[suspicious]))]
    return LabelErrors(
        tuple(digests[kept[row]] for row in order.tolist()),
        tuple(names[code] for code in codes[order].tolist()),
        tuple(names[code] for code in best[order].tolist()),
        tuple(margins[order].tolist()),
        min(len(order), _expected_errors(scores, codes)),
        len(kept),
    )


def _expected_errors(scores: np.ndarray, codes: np.ndarray) -> int:
    """Estimate how many labels are wrong: the confident joint of given and true labels, scaled to the images of each label."""
    n_labels = scores.shape[1]
    limits = np.array([scores[codes == code, code].mean() for code in range(n_labels)])
    confident = np.where(scores >= limits, scores, -1.0)
    is_counted = confident.max(axis=1) >= 0
    joint = np.zeros((n_labels, n_labels))
    np.add.at(joint, (codes[is_counted], confident.argmax(axis=1)[is_counted]), 1)
    shares = joint / np.maximum(1, joint.sum(axis=1, keepdims=True)) * np.bincount(codes, minlength=n_labels)[:, None]
    return round(float(shares.sum() - np.trace(shares)))


def _learnable(labels: Sequence[str], group: np.ndarray) -> set[str]:
    """List the labels with enough different images."""
    pairs = {(label, int(number)) for label, number in zip(labels, group, strict=True)}
    names = [label for label, _ in pairs]
    return {name for name in names if names.count(name) >= MIN_IMAGES}
