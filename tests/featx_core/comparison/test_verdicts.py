from featx_core.comparison.differences import Difference
from featx_core.comparison.verdicts import baseline_sentence, verdict_sentence


def real(first, second):
    return Difference(first, second, 0.2, 0.1, 0.3, 0.001, 0.002, True, 240)


def unclear(first, second):
    return Difference(first, second, 0.05, -0.1, 0.2, 0.4, 0.8, False, 240)


def test_a_clear_winner():
    rows = [real("A", "B"), real("A", "C"), unclear("B", "C")]
    assert verdict_sentence({"A": 0.9, "B": 0.7, "C": 0.65}, rows, 240) == "A is better than the rest with 240 images."
    assert verdict_sentence({"A": 0.9, "B": 0.7}, [real("A", "B")], 240) == "A is better than B with 240 images."


def test_a_group_at_the_top():
    rows = [unclear("A", "B"), real("A", "C"), real("B", "C"), real("A", "D"), real("B", "D"), unclear("C", "D")]
    scores = {"D": 0.4, "C": 0.5, "B": 0.8, "A": 0.85}
    assert verdict_sentence(scores, rows, 120) == (
        "A and B are better than the rest; there is no significant difference between them with 120 images."
    )


def test_a_group_at_the_top_with_a_difference_inside():
    rows = [unclear("A", "B"), real("A", "C"), unclear("B", "C"), real("A", "D"), real("B", "D"), real("C", "D")]
    scores = {"A": 0.9, "B": 0.85, "C": 0.8, "D": 0.4}
    assert verdict_sentence(scores, rows, 99) == (
        "A, B and C are better than D; not all of them differ significantly with 99 images. Among "
        "them, A is better than C."
    )


def test_no_group_stands_clear():
    rows = [unclear("A", "B"), real("A", "C"), unclear("B", "C")]
    assert verdict_sentence({"A": 0.9, "B": 0.8, "C": 0.7}, rows, 60) == (
        "A is better than C with 60 images. A scores highest, but not significantly higher than B."
    )


def test_no_difference_says_what_would_have_shown():
    sentence = verdict_sentence({"B": 0.8, "A": 0.8, "C": 0.79}, [unclear("A", "B")] * 3, 1200)
    assert sentence == (
        "There is no significant difference between A, B and C with 1 200 images. Differences below about 18 "
        "percentage points would not be detected."
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
    assert baseline_sentence(scores, {"A": False, "B": False}, "chance") == (
        "None of them is significantly better than chance."
    )
    assert baseline_sentence(scores, {"A": False, "B": False}, "chance", is_all=False) == (
        "A and B do no better than chance."
    )
