import numpy as np
import pytest
from scipy.stats import fisher_exact

from featx_core.comparison.differences import Answers, above_chance, find_differences, too_little
from featx_core.measures.chance import chance_test

CODES = np.arange(200) % 2


def answers(shares, codes=CODES, seed=0, **fields):
    """Answers that are right with some chance, otherwise the other label."""
    rng = np.random.default_rng(seed)
    predicted = {name: np.where(rng.random(len(codes)) < share, codes, 1 - codes) for name, share in shares.items()}
    return Answers(codes, np.arange(len(codes)), np.arange(len(codes)) % 5, predicted, **fields)


def test_differences_are_tested_in_pairs_and_corrected():
    given = answers({"bad": 0.5, "good": 0.9, "like good": 0.9})
    found = {(row.first, row.second): row for row in find_differences(given)}
    right = {name: given.correct(name).mean() for name in given.predicted}
    assert found["good", "bad"].is_real
    assert found["good", "bad"].difference == pytest.approx(right["good"] - right["bad"])
    assert found["good", "bad"].p < found["good", "bad"].p_corrected < 0.001
    assert found["like good", "bad"].is_real
    twins = next(row for names, row in found.items() if "bad" not in names)
    assert not twins.is_real
    assert twins.low < 0 <= twins.difference < twins.high
    assert all(row.difference >= 0 for row in found.values())
    assert {row.n_images for row in found.values()} == {200}


def test_a_baseline_that_is_better_is_not_beaten():
    given = answers({"weak": 0.3, "colours": 0.9})
    (row,) = find_differences(given, against="colours")
    assert (row.first, row.second, row.is_real) == ("weak", "colours", False)
    assert row.p_corrected < 0.001
    (row,) = find_differences(answers({"strong": 0.9, "colours": 0.3}), against="colours")
    assert row.is_real


def test_extractors_that_learned_from_labels_are_compared_on_other_images():
    """ "leaky" is right on the first half alone, which it has learned; "honest" is right on the second half alone."""
    first = np.arange(200) < 100
    given = answers({"leaky": 1.0, "honest": 1.0, "plain": 1.0}, usable={"leaky": ~first, "twin": np.arange(200) < 150})
    given.predicted["leaky"] = np.where(first, CODES, 1 - CODES)
    given.predicted["honest"] = np.where(first, 1 - CODES, CODES)
    given.predicted["twin"] = CODES
    found = {frozenset((row.first, row.second)): row for row in find_differences(given)}
    assert (found[frozenset(("honest", "leaky"))].first, found[frozenset(("honest", "leaky"))].n_images) == (
        "honest",
        100,
    )
    assert found[frozenset(("leaky", "twin"))].n_images == 50
    assert found[frozenset(("plain", "twin"))].n_images == 150
    assert found[frozenset(("plain", "honest"))].n_images == 200
    above = {row.first: (row.is_real, row.n_images) for row in above_chance(given, "chance")}
    assert above == {"honest": (False, 200), "leaky": (False, 100), "plain": (True, 200), "twin": (True, 150)}


def test_too_few_images_in_common_are_not_compared():
    given = answers({"a": 0.9, "b": 0.9, "c": 0.9}, usable={"a": np.arange(200) < 19, "b": np.arange(200) >= 19})
    assert [(row.first, row.second) for row in find_differences(given)] in ([("b", "c")], [("c", "b")])
    assert [row.first for row in above_chance(given, "chance")] == ["b", "c"]


def test_chance_is_tested_from_one_side_and_corrected():
    given = answers({"a": 0.68, "b": 0.5, "c": 0.2})
    found = {row.first: row for row in above_chance(given, "chance")}
    assert [found[name].is_real for name in "abc"] == [True, False, False]
    assert found["a"].difference == pytest.approx(given.correct("a").mean() - 0.5)
    assert found["a"].p_corrected == pytest.approx(3 * found["a"].p)
    assert found["a"].low < found["a"].difference < found["a"].high
    assert found["c"].p > 0.99


@pytest.mark.parametrize("n_found", [3, 4, 5])
def test_a_rare_label_that_is_found_is_more_than_chance(n_found):
    """Five images of a hundred: the share of right answers hardly rises, Fisher's exact test of the same answers sees it."""
    rare = (np.arange(100) >= 95).astype(int)
    predicted = np.where(np.arange(100) < 95 + n_found, rare, 0)
    predicted[0] = 1
    (row,) = above_chance(Answers(rare, np.arange(100), np.arange(100) % 5, {"a": predicted}), "chance")
    table = [[n_found, 5 - n_found], [1, 94]]
    assert fisher_exact(table, alternative="greater").pvalue < 0.001
    assert row.is_real
    assert row.difference == pytest.approx((n_found / 5 + 94 / 95) / 2 - 0.5)


def test_always_naming_the_frequent_label_is_chance():
    rare = (np.arange(100) >= 95).astype(int)
    (row,) = above_chance(Answers(rare, np.arange(100), np.arange(100) % 5, {"a": np.zeros(100, int)}), "chance")
    assert (row.difference, row.p, row.is_real) == (0, 1, False)


def test_too_little_data_is_said():
    codes = np.array([0] * 15 + [1] * 5)
    assert too_little(codes, np.arange(20)) is None
    assert too_little(codes, np.arange(20) // 2) == (
        "Too little data for a verdict: 10 different images of 2 labels. At least 20, and 5 each of two labels."
    )
    assert "20 different images" in too_little(np.array([0] * 16 + [1] * 4), np.arange(20))
    assert chance_test(codes, codes, np.arange(20) % 5, np.arange(20)) < 0.01
