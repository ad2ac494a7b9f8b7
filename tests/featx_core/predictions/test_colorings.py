"""Predicted classes as colours of a map."""

from featx_core.base.labels import OTHER
from featx_core.predictions.colorings import N_COLORED, most_frequent, named_colorings
from tests.featx_core.predictions.test_overview import SET


def test_each_row_has_its_class_and_score():
    found = named_colorings(SET, ["4", "unknown", "1", "4"])
    assert found["named"].values == ("daisy", None, "tabby", "daisy")
    assert found["named_score"].values == (0.625, None, 0.75, 0.625)
    assert (found["named"].is_number, found["named_score"].is_number) == (False, True)


def test_a_dozen_classes_keep_their_names_the_most_frequent():
    names = [f"class {number:02}" for number in range(20) for _ in range(30 - number)]
    found = most_frequent(names)
    assert {name for name in found if name != OTHER} == {f"class {number:02}" for number in range(N_COLORED)}
    assert found.count(OTHER) == sum(30 - number for number in range(N_COLORED, 20))


def test_one_class_more_keeps_its_name_and_two_more_do_not():
    thirteen = [f"class {number:02}" for number in range(13)]
    assert most_frequent(thirteen) == thirteen
    assert most_frequent([*thirteen, "class 13"]).count(OTHER) == 2


def test_of_equally_frequent_classes_the_alphabet_decides():
    assert most_frequent(["b", "d", "a", "c"], n_classes=2) == ["b", OTHER, "a", OTHER]


def test_rows_without_a_class_stay_without():
    assert most_frequent([None, "a", None], n_classes=1) == [None, "a", None]
    assert most_frequent([]) == []
