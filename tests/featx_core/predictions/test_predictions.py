"""Predictions as they are kept and read."""

import io

import numpy as np
import pytest

from featx_core.base.wording import score_words
from featx_core.predictions.predictions import Prediction, Predictions

CATS = Predictions(
    "EfficientNet-Lite0",
    ("a", "b"),
    np.array([[281, 282, 285], [504, 968, 967]], np.int32),
    np.array([[0.71, 0.2, 0.05], [0.25, 0.125, 0.0625]], np.float32),
    (("c.png", "the file ends early"),),
)


def test_each_image_has_three_classes_by_name_the_best_first():
    assert [each.name for each in CATS["a"]] == ["tabby", "tiger cat", "Egyptian cat"]
    assert CATS["b"] == (
        Prediction(504, "coffee mug", 0.25),
        Prediction(968, "cup", 0.125),
        Prediction(967, "espresso", 0.0625),
    )
    assert CATS.best("b").words == "coffee mug, 0.25"


def test_an_image_that_was_not_named_has_no_words():
    assert CATS.words(["b", None, "c", "a"]) == ["coffee mug, 0.25", "", "", "tabby, 0.71"]
    assert CATS.best("c") is None
    assert ("a" in CATS, "c" in CATS) == (True, False)
    with pytest.raises(KeyError, match="c"):
        CATS["c"]


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (1.0, "over 0.99"),
        (0.995, "over 0.99"),
        (0.9949, "0.99"),
        (0.005, "0.01"),
        (0.0049, "under 0.01"),
        (0.0, "under 0.01"),
    ],
)
def test_a_score_is_neither_certain_nor_impossible(score, words):
    assert score_words(score) == words


def test_it_survives_as_bytes():
    again = Predictions.from_bytes(CATS.to_bytes())
    assert (again.network, again.digests, again.skipped) == (CATS.network, CATS.digests, CATS.skipped)
    np.testing.assert_array_equal(again.classes, CATS.classes)
    np.testing.assert_array_equal(again.scores, CATS.scores)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": np.array([[0, 1, 1000], [0, 1, 2]], np.int32)},
        {"classes": np.array([[0, 1, -1], [0, 1, 2]], np.int32)},
        {"classes": np.zeros((2, 3))},
        {"scores": np.zeros((3, 3), np.float32)},
    ],
    ids=["too high", "negative", "no whole numbers", "another length"],
)
def test_bytes_that_do_not_hold_together_are_refused(change):
    with np.load(io.BytesIO(CATS.to_bytes())) as arrays:
        parts = dict(arrays) | change
    out = io.BytesIO()
    np.savez(out, **parts)
    with pytest.raises(ValueError, match="must have shape"):
        Predictions.from_bytes(out.getvalue())
