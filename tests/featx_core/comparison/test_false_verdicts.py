"""How often the probe and the tests of a comparison name a difference where there is none, over many draws."""

import numpy as np
import pytest

from featx_core.comparison.verdicts import above_chance, find_differences
from featx_core.measures.probes import linear_probe

CODES = np.arange(60) % 3


def draw(seed):
    """Three extractors of one law for the same images: a part that they share, and noise of their own."""
    rng = np.random.default_rng(seed)
    means = 0.4 * np.random.default_rng(99).normal(size=(3, 12))
    shared = 0.5 * rng.normal(size=(60, 12))
    return {name: means[CODES] + shared + rng.normal(size=(60, 12)) for name in "abc"}


def probed(features, codes):
    return {name: linear_probe(rows, codes.tolist()) for name, rows in features.items()}


@pytest.mark.slow
def test_differences_between_equals_are_rarely_named():
    """At most 5 % of 200 draws, for all three pairs together: one name in ten would be missed with a chance below 1 %."""
    wrong, right = 0, []
    for seed in range(200):
        scores = probed(draw(1000 + seed), CODES)
        found = find_differences({name: score.correct for name, score in scores.items()}, np.arange(60))
        wrong += any(each.is_real for each in found)
        right.append(scores["a"].interval.value)
    assert wrong <= 10
    assert 0.4 < np.mean(right) < 0.9


@pytest.mark.slow
def test_shuffled_labels_rarely_beat_chance():
    """For all three extractors together. Nine of a hundred are still no sign of more than 5 % (binomial, one-sided 95 %)."""
    wrong = 0
    for seed in range(100):
        scores = probed(draw(seed), np.random.default_rng(seed).permutation(CODES))
        values = {name: score.interval.value for name, score in scores.items()}
        n_effective = {name: score.interval.n_effective for name, score in scores.items()}
        wrong += any(each.is_real for each in above_chance(values, n_effective, 1 / 3, "chance"))
    assert wrong <= 9
