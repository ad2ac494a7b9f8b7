import numpy as np
import pytest

from featx_core.measures.intervals import share_interval, wilson


def test_wilson_is_the_root_of_its_definition():
    """At both ends the share lies 1.96 standard errors away, the error taken at that end."""
    for share, n_answers in ((0.3, 20), (0.9, 7.5), (0.5, 400)):
        for end in wilson(share, n_answers):
            assert abs(share - end) / np.sqrt(end * (1 - end) / n_answers) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_wilson_stays_within_0_and_1_and_is_never_certain(share):
    low, high = wilson(share, 10)
    assert 0 <= low < high <= 1
    assert low <= share <= high


def test_single_images_are_worth_one_answer_each():
    correct = np.array([1.0, 0, 1, 1, 0, 1])
    assert share_interval(correct, np.arange(6)).n_effective == 6
    assert share_interval(correct, np.arange(6), variance=1.5).n_effective == 4
    assert share_interval(correct, np.arange(6)).value == pytest.approx(2 / 3)


def test_copies_are_worth_no_more_than_what_they_copy():
    correct = np.random.default_rng(0).integers(0, 2, 60).astype(float)
    alone = share_interval(correct, np.arange(60))
    copied = share_interval(np.repeat(correct, 4), np.repeat(np.arange(60), 4))
    assert copied.value == alone.value
    assert copied.n_effective == pytest.approx(59, abs=0.1)


def test_groups_of_one_mind_count_as_wholes():
    assert share_interval(np.ones(6), np.array([0, 0, 0, 1, 1, 1])).n_effective == 2


def test_independent_answers_in_groups_count_almost_in_full():
    correct = np.random.default_rng(1).integers(0, 2, 4000).astype(float)
    assert share_interval(correct, np.repeat(np.arange(1000), 4)).n_effective > 3400
