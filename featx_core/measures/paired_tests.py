"""Paired tests: whether one extractor is better than another on the same images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from featx_core.measures.intervals import Z

TRAINING_VARIANCE = 1.75
"""How much more the difference of two cross-validated scores varies than the images that they disagree on say.

Answers of one training are right or wrong together, and another draw of training images would have given others. In
simulations without a difference the factor was 1.2 to 1.6; the correction of Nadeau and Bengio would be 2.25.
"""


def paired_test(differences: np.ndarray, groups: np.ndarray) -> float:
    """Test whether one of two cross-validated probes is significantly better on the same images.

    The larger p-value of two tests with groups as units: `sign_flip_test`, which is exact for few disagreements, and the
    normal test of the same sums with its variance raised by `TRAINING_VARIANCE`.

    Args:
        differences: For each image -1, 0 or 1: who alone was right. Whole numbers, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.

    Returns:
        The two-sided p-value, from 0 to 1.

    Reference:
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52, 2003 (why; the factor is ours).
    """
    from scipy.stats import norm

    sums = _group_sums(differences, groups)
    squares = float(np.sum(sums**2))
    if squares == 0:
        return 1.0
    usual = 2 * float(norm.sf(abs(float(sums.sum())) / np.sqrt(TRAINING_VARIANCE * squares)))
    return max(usual, sign_flip_test(differences, groups))


def difference_interval(differences: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    """Return the mean difference with its 95 % interval, from the variance between groups, raised as in `paired_test`.

    Args:
        differences: For each image -1, 0 or 1, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.
    """
    mean = float(np.mean(differences))
    sums = _group_sums(differences - mean, groups)
    n_groups = len(sums)
    variance = TRAINING_VARIANCE * float(np.sum(sums**2)) * n_groups / max(n_groups - 1, 1)
    error = float(np.sqrt(variance)) / len(differences)
    return mean, max(-1.0, mean - Z * error), min(1.0, mean + Z * error)


def sign_flip_test(differences: np.ndarray, groups: np.ndarray) -> float:
    """Test whether the differences of two answers to the same images lie around zero, exactly.

    Without a difference between the two, each group's difference is as likely to be the other way round. The p-value is
    the share of all those sign changes that give a sum at least as far from zero. With groups of one image it is
    McNemar's exact test.

    Args:
        differences: For each image -1, 0 or 1: who alone was right. Whole numbers, `(n_images,)`.
        groups: The group of each image, `(n_images,)`; its images change sign together.

    Returns:
        The two-sided p-value, from 0 to 1.

    Reference:
        McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12, 1947.

    >>> sign_flip_test(np.array([1, 1, 1, 1, 1, 0, 0]), np.arange(7))
    0.0625
    """
    sums = np.rint(_group_sums(differences, groups)).astype(int)
    sizes = np.abs(sums[sums != 0])
    total = int(sizes.sum())
    chances = np.ones(1)
    for size in np.sort(sizes):
        apart = np.zeros(2 * int(size))
        chances = (np.concatenate([chances, apart]) + np.concatenate([apart, chances])) / 2
    distance = np.abs(np.arange(-total, total + 1))
    return min(1.0, float(chances[distance >= abs(int(sums.sum()))].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for how many there are, so that all the differences that they show hold together.

    Reference:
        Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    raised = np.maximum.accumulate(factors * np.asarray(p_values, np.float64)[order])
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(raised, 1)
    return [float(p) for p in corrected]


def _group_sums(differences: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return np.bincount(np.unique(groups, return_inverse=True)[1], weights=differences)
