"""Which features tell some images from the others, by how much."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class FeatureEffect(NamedTuple):
    """How far one feature differs between some images and the others.

    Attributes:
        feature: Its number, from 0.
        effect: Cohen's d: the difference of the means in pooled standard deviations, positive where it is higher inside;
            infinite where it is constant on both sides, with different values.
        auc: The share of pairs of one image of each side in which it is higher inside, ties counted half; from 0 to 1.
        inside: Its mean over the images.
        outside: Its mean over the others.
    """

    feature: int
    effect: float
    auc: float
    inside: float
    outside: float


def feature_effects(vectors: np.ndarray, is_inside: np.ndarray, *, limit: int = 10) -> list[FeatureEffect]:
    """Rank features by how far they differ between some images and the others, the farthest first.

    Effect sizes, and no tests: images that were picked on a map of the same features differ by how they were picked.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
        is_inside: Bool `(n_images,)`.
        limit: How many features are returned at most. Those that are the same everywhere are left out.

    Raises:
        ValueError: If one side has fewer than two images.

    Reference:
        Cohen, "Statistical power analysis for the behavioral sciences", 2nd edition, 1988, section 2.2.
    """
    n_inside = int(np.count_nonzero(is_inside))
    n_outside = len(vectors) - n_inside
    if min(n_inside, n_outside) < 2:
        raise ValueError(f"Each side needs at least 2 images. Received: {n_inside} and {n_outside}.")
    means, variances = _moments(vectors, is_inside)
    spread = np.sqrt(((n_inside - 1) * variances[0] + (n_outside - 1) * variances[1]) / (len(vectors) - 2))
    apart = means[0] - means[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.where(apart == 0, 0.0, apart / spread)
    order = np.argsort(-np.abs(effects), kind="stable")[:limit]
    return [
        FeatureEffect(
            int(index),
            float(effects[index]),
            _auc(vectors[:, index], is_inside),
            float(means[0][index]),
            float(means[1][index]),
        )
        for index in order
        if effects[index] != 0
    ]


def _moments(vectors: np.ndarray, is_inside: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return means and variances of both sides, in float64; those of a constant feature are exact."""
    parts = [np.asarray(vectors[side], np.float64) for side in (is_inside, ~is_inside)]
    first = [part[0] for part in parts]
    shifted = [part - start for part, start in zip(parts, first, strict=True)]  # rounding must not give variance
    means = [start + part.mean(axis=0) for start, part in zip(first, shifted, strict=True)]
    return means, [part.var(axis=0, ddof=1) for part in shifted]


def _auc(values: np.ndarray, is_inside: np.ndarray) -> float:
    from scipy.stats import rankdata

    n_inside = int(np.count_nonzero(is_inside))
    ranks = float(rankdata(values)[is_inside].sum())
    return (ranks - n_inside * (n_inside + 1) / 2) / (n_inside * (len(values) - n_inside))
