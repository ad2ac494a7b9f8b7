"""What is said of a whole set: answers known by hand."""

import numpy as np
import pytest

from featx_core.predictions.overview import classes_of, labels_and_classes, least_sure
from featx_core.predictions.predictions import Predictions

TABBY, TIGER_CAT, MUG, CUP, DAISY = 281, 282, 504, 968, 985


def predicted(*threes):
    """Predictions of images "0", "1", ...: class numbers and scores of each."""
    return Predictions(
        "A network",
        tuple(str(row) for row in range(len(threes))),
        np.array([classes for classes, _ in threes], np.int32).reshape(-1, 3),
        np.array([scores for _, scores in threes], np.float32).reshape(-1, 3),
    )


SET = predicted(
    ((TABBY, TIGER_CAT, MUG), (0.5, 0.25, 0.125)),
    ((TABBY, TIGER_CAT, MUG), (0.75, 0.125, 0.0625)),
    ((MUG, CUP, TABBY), (0.25, 0.125, 0.125)),
    ((TABBY, CUP, MUG), (0.25, 0.125, 0.125)),
    ((DAISY, CUP, MUG), (0.625, 0.125, 0.125)),
    ((DAISY, CUP, MUG), (0.875, 0.0625, 0.03125)),
)
DIGESTS = list(SET)


def test_classes_are_counted_and_their_surest_image_comes_first():
    found = classes_of(SET, DIGESTS)
    assert [(each.name, each.rows, each.mean_score) for each in found] == [
        ("tabby", (1, 0, 3), 0.5),
        ("daisy", (5, 4), 0.75),
        ("coffee mug", (2,), 0.25),
    ]


def test_equal_images_all_count_and_those_without_a_name_do_not():
    found = classes_of(SET, ["4", "unknown", "4"])
    assert [(each.name, each.rows) for each in found] == [("daisy", (0, 2))]
    assert classes_of(SET, []) == []


def test_the_least_sure_image_comes_first():
    assert least_sure(SET, [*DIGESTS, "unknown"]) == [2, 3, 0, 4, 1, 5]


def test_an_image_is_unlike_its_label_when_none_of_its_three_classes_is_usual():
    found = labels_and_classes(SET, DIGESTS, ["pet"] * 6)
    (pet,) = found
    assert pet.counts == (("tabby", 3), ("daisy", 2), ("coffee mug", 1))
    assert pet.usual == ("tabby", "daisy")  # three of six is not more than half
    assert pet.unlike == ()
    (pet,) = labels_and_classes(SET, DIGESTS[:5], ["pet"] * 5)
    assert pet.usual == ("tabby",)
    assert pet.unlike == (4,)  # the mug has tabby third


def test_the_surest_of_the_unlike_images_comes_first():
    both = predicted(
        *[((TABBY, TIGER_CAT, CUP), (0.5, 0.25, 0.125))] * 4,
        ((DAISY, CUP, MUG), (0.25, 0.125, 0.0625)),
        ((DAISY, CUP, MUG), (0.75, 0.125, 0.0625)),
    )
    (pet,) = labels_and_classes(both, list(both), ["pet"] * 6)
    assert pet.unlike == (5, 4)


@pytest.mark.parametrize(
    ("rows", "why"),
    [([0, 1, 3], "three images"), ([], "no image")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_too_few_images_tell_nothing_of_a_label(rows, why):
    found = labels_and_classes(SET, [DIGESTS[row] for row in rows], ["pet"] * len(rows))
    assert all(each.usual == each.unlike == () for each in found), why
    assert len(found) == bool(rows)


def test_classes_that_each_come_once_are_not_usual():
    different = predicted(*(((index, 1, 2), (0.5, 0.25, 0.125)) for index in (10, 20, 30, 40)))
    (label,) = labels_and_classes(different, list(different), ["thing"] * 4)
    assert (label.usual, label.unlike) == ((), ())


def test_labels_come_in_their_order_and_images_without_one_are_left_out():
    found = labels_and_classes(SET, DIGESTS, ["b", None, "a", "b", "", float("nan")])
    assert [(each.label, each.n_images) for each in found] == [("b", 2), ("a", 1)]
