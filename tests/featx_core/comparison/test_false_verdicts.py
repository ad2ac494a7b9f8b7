"""How often the probe and the tests of a comparison name a difference where there is none, over many draws."""

import numpy as np
import pytest

from featx_core.comparison.differences import Answers, above_chance, find_differences
from featx_core.measures.probes import linear_probe

CODES = np.arange(60) % 3


def draw(seed):
    """Three extractors of one law for the same images: a part that they share, and noise of their own."""
    rng = np.random.default_rng(seed)
    means = 0.4 * np.random.default_rng(99).normal(size=(3, 12))
    shared = 0.5 * rng.normal(size=(60, 12))
    return {name: means[CODES] + shared + rng.normal(size=(60, 12)) for name in "abc"}


def answered(features, codes):
    codes = np.unique(codes, return_index=True, return_inverse=True)
    codes = np.argsort(np.argsort(codes[1]))[codes[2]]  # numbered in the order in which they come, as the probe does
    scores = {name: linear_probe(rows, codes.tolist()) for name, rows in features.items()}
    predicted = {name: score.predicted for name, score in scores.items()}
    return Answers(codes, np.arange(len(codes)), scores["a"].folds, predicted)


@pytest.mark.thorough
@pytest.mark.slow
def test_differences_between_equals_are_rarely_named():
    """At most 5 % of 200 draws, for all three pairs together: one name in ten would be missed with a chance below 1 %."""
    wrong, right = 0, []
    for seed in range(200):
        answers = answered(draw(1000 + seed), CODES)
        wrong += any(each.is_real for each in find_differences(answers))
        right.append(answers.correct("a").mean())
    assert wrong <= 10
    assert 0.4 < np.mean(right) < 0.9


@pytest.mark.thorough
@pytest.mark.slow
def test_shuffled_labels_rarely_beat_chance():
    """For all three extractors together. Nine of a hundred are still no sign of more than 5 % (binomial, one-sided 95 %)."""
    wrong = 0
    for seed in range(100):
        answers = answered(draw(seed), np.random.default_rng(seed).permutation(CODES))
        wrong += any(each.is_real for each in above_chance(answers, "chance"))
    assert wrong <= 9
