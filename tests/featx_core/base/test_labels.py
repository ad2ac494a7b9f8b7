import numpy as np
import pandas as pd
import pytest

from featx_core.base.labels import label_text, label_texts
from featx_core.base.palette import NO_LABEL, label_styles


@pytest.mark.parametrize("missing", [None, "", float("nan"), np.float32("nan"), np.str_(""), pd.NA, pd.NaT])
def test_what_stands_for_no_label(missing):
    assert label_text(missing) is None
    assert label_styles(["cat", missing])[missing] == NO_LABEL


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (0, "0"),
        (np.int64(0), "0"),
        (False, "False"),
        (np.False_, "False"),
        (-0.0, "0"),
        (3.0, "3"),
        (np.float32(0.5), "0.5"),
        (float("inf"), "inf"),
        (" ", " "),
        (np.str_("cat"), "cat"),
        (pd.Timestamp("2024-05-01"), "2024-05-01 00:00:00"),
    ],
)
def test_whatever_else_is_a_label_is_its_text(label, text):
    assert label_text(label) == text


def test_columns_with_and_without_gaps_have_the_same_labels():
    whole, gaps = pd.Series([0, 1, 2]), pd.Series([0, 1, None])
    assert label_texts(whole) == ["0", "1", "2"]
    assert label_texts(gaps) == ["0", "1", None]
    assert label_texts(pd.Series([0, None], dtype="Int64")) == ["0", None]
    assert label_texts(pd.Series(["a", None], dtype="category"))[0] == "a"


def test_one_hot_labels_are_refused_with_advice():
    with pytest.raises(ValueError, match=r"an array of shape \(3,\)\. Give one label per image, such as"):
        label_texts(np.eye(3))
