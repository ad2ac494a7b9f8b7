import numpy as np
import pytest

from featx_core.comparison.verdicts import (
    Difference,
    above_chance,
    baseline_sentence,
    find_differences,
    too_little,
    verdict_sentence,
)


def real(first, second):
    return Difference(first, second, 0.2, 0.1, 0.3, 0.001, 0.002, True)


def unclear(first, second):
    return Difference(first, second, 0.05, -0.1, 0.2, 0.4, 0.8, False)


def test_a_clear_winner():
    rows = [real("A", "B"), real("A", "C"), unclear("B", "C")]
    assert verdict_sentence({"A": 0.9, "B": 0.7, "C": 0.65}, rows, 240) == "A is better than the rest with 240 images."
    assert verdict_sentence({"A": 0.9, "B": 0.7}, [real("A", "B")], 240) == "A is better than B with 240 images."


def test_a_group_at_the_top():
    rows = [unclear("A", "B"), real("A", "C"), real("B", "C"), real("A", "D"), real("B", "D"), unclear("C", "D")]
    scores = {"D": 0.4, "C": 0.5, "B": 0.8, "A": 0.85}
    assert verdict_sentence(scores, rows, 120) == (
        "A and B are better than the rest; between them there is no real difference with 120 images."
    )


def test_a_group_at_the_top_with_a_difference_inside():
    rows = [unclear("A", "B"), real("A", "C"), unclear("B", "C"), real("A", "D"), real("B", "D"), real("C", "D")]
    scores = {"A": 0.9, "B": 0.85, "C": 0.8, "D": 0.4}
    assert verdict_sentence(scores, rows, 99) == (
        "A, B and C are better than D; not all of them differ with 99 images. Among them, A is better than C."
    )


def test_no_group_stands_clear():
    rows = [unclear("A", "B"), real("A", "C"), unclear("B", "C")]
    assert verdict_sentence({"A": 0.9, "B": 0.8, "C": 0.7}, rows, 60) == (
        "A is better than C with 60 images. A scores highest, with no real difference to B."
    )


def test_no_difference_says_what_would_have_shown():
    sentence = verdict_sentence({"B": 0.8, "A": 0.8, "C": 0.79}, [unclear("A", "B")] * 3, 1200)
    assert sentence == (
        "There is no real difference between A, B and C with 1 200 images. "
        "A difference below about 18 percentage points would not show."
    )


def test_names_with_commas_are_quoted():
    sentence = verdict_sentence({"A, last layer": 0.9, "B": 0.7}, [real("A, last layer", "B")], 50)
    assert sentence == "“A, last layer” is better than B with 50 images."


def test_one_extractor_has_no_rival():
    assert verdict_sentence({"A": 0.9}, [], 100) == ""


def test_baselines_that_are_not_beaten():
    scores = {"A": 0.3, "B": 0.25}
    assert baseline_sentence(scores, {"A": True, "B": True}, "chance") == ""
    assert baseline_sentence(scores, {"A": True, "B": False}, "chance") == "B does no better than chance."
    assert baseline_sentence(scores, {"A": False, "B": False}, "chance") == "None of them does better than chance."
    assert baseline_sentence(scores, {"A": False, "B": False}, "chance", is_all=False) == (
        "A and B do no better than chance."
    )


def test_differences_are_tested_in_pairs_and_corrected():
    rng = np.random.default_rng(0)
    good, bad = (rng.random(200) < 0.9).astype(float), (rng.random(200) < 0.5).astype(float)
    also_good = np.where(rng.random(200) < 0.05, 1 - good, good)
    found = {
        (row.first, row.second): row
        for row in find_differences({"bad": bad, "good": good, "like good": also_good}, np.arange(200))
    }
    assert found["good", "bad"].is_real
    assert found["good", "bad"].difference == pytest.approx(good.mean() - bad.mean())
    assert found["good", "bad"].p < found["good", "bad"].p_corrected < 0.001
    assert found["like good", "bad"].is_real
    twins = next(row for names, row in found.items() if "bad" not in names)
    assert not twins.is_real
    assert twins.low < 0 <= twins.difference < twins.high
    assert all(row.difference >= 0 for row in found.values())


def test_a_baseline_that_is_better_is_not_beaten():
    rng = np.random.default_rng(1)
    weak, strong = (rng.random(200) < 0.3).astype(float), (rng.random(200) < 0.9).astype(float)
    (row,) = find_differences({"weak": weak}, np.arange(200), against=("colours", strong))
    assert (row.first, row.second, row.is_real) == ("weak", "colours", False)
    assert row.p_corrected < 0.001
    (row,) = find_differences({"strong": strong}, np.arange(200), against=("colours", weak))
    assert row.is_real


def test_chance_is_tested_from_one_side():
    found = {
        row.first: row
        for row in above_chance({"a": 0.6, "b": 0.52, "c": 0.2}, dict.fromkeys("abc", 100.0), 0.5, "chance")
    }
    assert [found[name].is_real for name in "abc"] == [False, False, False]
    assert found["a"].p == pytest.approx(0.02275, abs=1e-4)
    assert found["a"].p_corrected == pytest.approx(3 * found["a"].p)
    assert found["c"].p > 0.99
    assert above_chance({"a": 0.7}, {"a": 100.0}, 0.5, "chance")[0].is_real


def test_too_little_data_is_said():
    codes = np.array([0] * 15 + [1] * 5)
    assert too_little(codes, np.arange(20)) is None
    assert too_little(codes, np.arange(20) // 2) == (
        "Too little data for a verdict: 10 different images of 2 labels. It takes at least 20, and 5 each of two labels."
    )
    assert "20 different images" in too_little(np.array([0] * 16 + [1] * 4), np.arange(20))
