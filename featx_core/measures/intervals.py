"""Confidence intervals of accuracies, with groups of images as units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95
Z = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""


class Interval(NamedTuple):
    """A share of right answers with its 95 % interval.

    Attributes:
        value: From 0 to 1.
        low: Where the interval begins.
        high: Where it ends.
        n_effective: How many independent answers it is worth: fewer than images, where images come in groups.
    """

    value: float
    low: float
    high: float
    n_effective: float


def wilson(share: float, n_answers: float) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share.

    Args:
        share: From 0 to 1.
        n_answers: How many independent answers it comes from, more than 0; need not be whole.

    Reference:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    >>> [round(end, 4) for end in wilson(0.8, 10)]
    [0.4902, 0.9433]
    """
    spread = Z * np.sqrt(share * (1 - share) / n_answers + Z**2 / (4 * n_answers**2))
    middle, scale = share + Z**2 / (2 * n_answers), 1 + Z**2 / n_answers
    low, high = float((middle - spread) / scale), float((middle + spread) / scale)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def share_interval(correct: np.ndarray, groups: np.ndarray, *, variance: float = 1.0) -> Interval:
    """Return the share of right answers with its interval; images of one group count as related.

    The Wilson interval of the effective number of answers: the number that would give the variance that is seen between
    groups, at most the number of images. Where all answers are alike, groups count as wholes.

    Args:
        correct: For each image whether it was right, 0 to 1, `(n_images,)`, at least one.
        groups: The group of each image, `(n_images,)`.
        variance: How much more the share varies than that of independent answers.

    Reference:
        Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts",
        Survey Methodology 24, 1998: the effective sample size, here with Wilson's interval.

    >>> share_interval(np.array([1.0, 1.0, 0.0, 1.0]), np.arange(4)).value
    0.75
    """
    share = float(np.mean(correct))
    n_effective = _effective_number(np.asarray(correct, np.float64), share, groups) / variance
    return Interval(share, *wilson(share, n_effective), n_effective)


def _effective_number(correct: np.ndarray, share: float, groups: np.ndarray) -> float:
    n_images = len(correct)
    _, group = np.unique(groups, return_inverse=True)
    sizes = np.bincount(group)
    n_groups = len(sizes)
    at_most = n_images**2 / float(np.sum(sizes.astype(np.float64) ** 2))  # all images of a group as one answer
    excess = np.bincount(group, weights=correct - share)
    seen = float(np.sum(excess**2)) * n_groups / max(n_groups - 1, 1) / n_images**2
    if n_groups == n_images or seen == 0:
        return at_most
    return float(np.clip(share * (1 - share) / seen, 1, n_images))
