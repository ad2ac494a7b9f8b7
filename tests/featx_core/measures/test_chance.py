import itertools

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from featx_core.measures import chance
from featx_core.measures.chance import balanced_accuracy, balanced_interval, chance_test


def draw(seed, n_images=60, n_labels=3, share=0.5):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_labels, n_images)
    predicted = np.where(rng.random(n_images) < share, codes, rng.integers(0, n_labels, n_images))
    return codes, predicted, np.arange(n_images) % 5, np.arange(n_images)


def test_balanced_accuracy_is_scikit_learns():
    codes, predicted, *_ = draw(0)
    assert balanced_accuracy(codes, predicted) == pytest.approx(balanced_accuracy_score(codes, predicted))


def test_the_permutation_test_deals_the_labels_of_each_fold(monkeypatch):
    """All orders of two folds of four images, by hand."""
    monkeypatch.setattr(chance, "TRAINING_VARIANCE", 1e-9)  # the permutation test decides
    codes, predicted = np.array([0, 0, 1, 1, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0, 1, 1, 0])
    folds = np.repeat([0, 1], 4)
    orders = list(itertools.permutations(range(4)))
    dealt = [np.r_[codes[list(a)], codes[4:][list(b)]] for a in orders for b in orders]
    seen = balanced_accuracy(codes, predicted)
    expected = np.mean([balanced_accuracy(each, predicted) >= seen - 1e-9 for each in dealt])
    assert 0.05 < expected < 0.5
    found = chance_test(codes, predicted, folds, np.arange(8))
    assert found == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / chance.N_PERMUTATIONS))


def test_neither_copies_nor_names_of_labels_make_it_more_certain():
    codes, predicted, folds, groups = draw(1)
    alone = chance_test(codes, predicted, folds, groups)
    repeated = [np.repeat(part, 4) for part in (codes, predicted, folds, groups)]
    assert chance_test(*repeated) == alone
    assert chance_test(2 - codes, 2 - predicted, folds, groups) == pytest.approx(alone, abs=1e-3)


def test_labels_that_are_never_met_do_not_matter():
    codes, predicted, folds, groups = draw(2)
    assert chance_test(3 * codes, 3 * predicted, folds, groups) == chance_test(codes, predicted, folds, groups)
    assert 0 < chance_test(codes, np.where(predicted == 2, 7, predicted), folds, groups) <= 1


def test_the_interval_is_worked_out_by_hand():
    """Shares 12 of 14 and 4 of 8 with the four answers added: variances 12 x 2 / 14**3 and 4 x 4 / 8**3."""
    codes = np.array([0] * 10 + [1] * 4)
    predicted = np.array([0] * 10 + [1, 1, 0, 0])
    value, low, high = balanced_interval(codes, predicted, np.arange(14))
    error = 1.959964 * np.sqrt(chance.TRAINING_VARIANCE * (24 / 14**3 + 16 / 8**3) / 4)
    assert value == 0.75
    assert (low, high) == pytest.approx((0.75 - error, min(1, 0.75 + error)))
    assert balanced_interval(codes, codes, np.arange(14))[1] < 1
