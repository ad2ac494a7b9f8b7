"""Permutation test: whether a classifier is better than chance, also for imbalanced labels."""

from __future__ import annotations

import numpy as np

from featx_core.measures.intervals import Z

TRAINING_VARIANCE = 2.0
"""How much more balanced accuracy varies than over permutations of the labels of each fold, when there is nothing to learn.

Folds share what they learn from, so that all may be right or wrong together. In simulations the factor was up to 1.8; with 2,
one of three extractors was said to beat chance in 2 to 3 % of draws, for 40 to 400 images.
"""

N_PERMUTATIONS = 1_999
ROUNDING = 1e-9


def balanced_accuracy(codes: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean over labels of the share of each that was predicted rightly; chance is 1 over their number.

    >>> balanced_accuracy(np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 0, 0]))
    0.5
    """
    hits, counts = np.bincount(codes, codes == predicted), np.bincount(codes)
    return float(np.mean(hits[counts > 0] / counts[counts > 0]))


def balanced_interval(codes: np.ndarray, predicted: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    """Return balanced accuracy and its 95 % interval: the normal one, of the shares of all labels.

    Each share is taken as if two more answers had been right and two wrong, so that a label without mistakes does not count
    as certain. The variance is raised by `TRAINING_VARIANCE`. Images of one group count as one.

    Args:
        codes: The label of each image as a number from 0, `(n_images,)`.
        predicted: The label that was predicted for it, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.

    Reference:
        Agresti and Coull, "Approximate is better than exact for interval estimation of binomial proportions", The American
        Statistician 52, 1998.
    """
    value, variance = balanced_accuracy(codes, predicted), 0.0
    labels = np.unique(codes)
    for label in labels:
        of_label = codes == label
        n_groups = len(np.unique(groups[of_label])) + 4
        share = (float(np.mean(predicted[of_label] == label)) * (n_groups - 4) + 2) / n_groups
        variance += share * (1 - share) / n_groups / len(labels) ** 2
    error = Z * float(np.sqrt(TRAINING_VARIANCE * variance))
    return value, max(0.0, value - error), min(1.0, value + error)


def chance_test(codes: np.ndarray, predicted: np.ndarray, folds: np.ndarray, groups: np.ndarray) -> float:
    """Test whether cross-validated predictions know anything of the labels.

    The share of right answers cannot rise much above that of a frequent label, so it hides how well rare labels are found.
    Balanced accuracy shows it. Its p-value is the larger of two: that of a permutation test, which deals the labels of each
    fold out anew, and that of the normal test with the variance over these permutations raised by `TRAINING_VARIANCE`, as
    answers of one training are right or wrong together. One image a group is looked at.

    Args:
        codes: The label of each image as a number from 0, `(n_images,)`.
        predicted: The label that was predicted for it, `(n_images,)`.
        folds: The fold in which it was held out, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.

    Returns:
        The one-sided p-value, from 0 to 1.

    Reference:
        Ojala and Garriga, "Permutation tests for studying classifier performance", JMLR 11, 2010 (their first test);
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52, 2003 (why the variance is raised).

    >>> rare = np.arange(100) < 5
    >>> chance_test(rare.astype(int), rare.astype(int), np.arange(100) % 5, np.arange(100)) < 0.001
    True
    """
    from scipy.stats import norm

    first = np.unique(groups, return_index=True)[1]
    codes, predicted, folds = codes[first], predicted[first], folds[first]
    weights = np.zeros(int(max(codes.max(), predicted.max())) + 1)
    labels, counts = np.unique(codes, return_counts=True)
    weights[labels] = 1 / (counts * len(labels))
    rng, drawn = np.random.default_rng(0), np.zeros(N_PERMUTATIONS)
    for fold in np.unique(folds):
        guesses = predicted[folds == fold]
        dealt = rng.permuted(np.tile(codes[folds == fold], (N_PERMUTATIONS, 1)), axis=1)
        drawn += (dealt == guesses) @ weights[guesses]
    seen, spread = balanced_accuracy(codes, predicted), float(drawn.std())
    if spread < ROUNDING:
        return 1.0
    usual = float(norm.sf((seen - drawn.mean()) / (spread * TRAINING_VARIANCE**0.5)))
    return max(usual, float((1 + np.sum(drawn >= seen - ROUNDING)) / (1 + N_PERMUTATIONS)))
