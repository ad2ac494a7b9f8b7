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
        n_images: How many labelled images were looked at.
    """

    digests: tuple[str, ...]
    labels: tuple[str, ...]
    offered: tuple[str, ...]
    margins: tuple[float, ...]
    n_images: int


def find_label_errors(
    vectors: np.ndarray,
    labels: Sequence[str],
    digests: Sequence[str],
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    on_progress: ProgressCallback | None = None,
) -> LabelErrors:
    """Find images whose features speak for another label than theirs, by a cross-validated linear probe.

    Each image is scored by a probe that has not seen it or its near-duplicates, and is listed where another label scores
    higher than its own. Hard images are on the list, too, as many as the probe gets wrong: wrong labels stand near its top.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
        labels: One an image, none missing.
        digests: Of each image.
        groups: Images of one group, such as near-duplicates, stay in one fold. None: each is its own.
        on_progress: Called with trainings done and trainings in all.

    Raises:
        ValueError: If fewer than two labels have `MIN_IMAGES` different images.

    Reference:
        Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70, 2021: ranked by
        normalized margin, of all images whose predicted label is another one. Its estimate of how many labels are wrong is
        not made: on 240 photographs with right labels it named 31.
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
        len(kept),
    )


def _learnable(labels: Sequence[str], group: np.ndarray) -> set[str]:
    """List the labels with enough different images."""
    pairs = {(label, int(number)) for label, number in zip(labels, group, strict=True)}
    names = [label for label, _ in pairs]
    return {name for name in names if names.count(name) >= MIN_IMAGES}
