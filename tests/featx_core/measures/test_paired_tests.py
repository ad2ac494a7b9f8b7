import itertools

import numpy as np
import pytest
from scipy.stats import binomtest

from featx_core.measures.paired_tests import TRAINING_VARIANCE, difference_interval, holm, paired_test, sign_flip_test


@pytest.mark.parametrize(("wins", "losses"), [(7, 1), (5, 5), (30, 12), (400, 330), (1, 0)])
def test_with_single_images_it_is_mcnemars_exact_test(wins, losses):
    differences = np.array([1] * wins + [-1] * losses + [0] * 20)
    expected = binomtest(wins, wins + losses, 0.5).pvalue
    assert sign_flip_test(differences, np.arange(len(differences))) == pytest.approx(expected, rel=1e-9)


def test_groups_change_sign_together():
    """All 2 ** 6 sign changes by hand."""
    groups = np.array([0, 0, 0, 1, 2, 2, 3, 4, 4, 5])
    differences = np.array([1, 1, 1, -1, 1, 0, 0, 1, -1, 1])
    sums = np.bincount(groups, weights=differences)
    flipped = [abs(np.dot(signs, sums)) for signs in itertools.product((-1, 1), repeat=6)]
    expected = np.mean(np.array(flipped) >= abs(sums.sum()))
    assert sign_flip_test(differences, groups) == pytest.approx(expected)


def test_copies_make_nothing_more_certain():
    differences = np.array([1] * 9 + [-1] * 2)
    alone = sign_flip_test(differences, np.arange(11))
    assert sign_flip_test(np.repeat(differences, 5), np.repeat(np.arange(11), 5)) == alone
    repeated = paired_test(np.repeat(differences, 5), np.repeat(np.arange(11), 5))
    assert repeated == pytest.approx(paired_test(differences, np.arange(11)))


def test_no_disagreement_is_no_difference():
    assert sign_flip_test(np.zeros(10), np.arange(10)) == 1
    assert paired_test(np.zeros(10), np.arange(10)) == 1
    assert difference_interval(np.zeros(10), np.arange(10)) == (0, 0, 0)


def test_the_paired_test_is_stricter_than_mcnemar():
    differences = np.array([1] * 42 + [-1] * 18)
    exact = sign_flip_test(differences, np.arange(60))
    assert exact < 0.02
    assert exact < paired_test(differences, np.arange(60)) < 0.05


def test_the_interval_is_the_usual_one_with_more_variance():
    differences = np.array([1.0] * 30 + [-1.0] * 10 + [0.0] * 60)
    mean, low, high = difference_interval(differences, np.arange(100))
    error = differences.std(ddof=1) / 10 * np.sqrt(TRAINING_VARIANCE)
    assert mean == pytest.approx(0.2)
    assert (high - mean, mean - low) == pytest.approx((1.959964 * error, 1.959964 * error))


def test_holm_against_a_case_by_hand():
    """Holm 1979: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.06 for the last, which may not be lower."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []
