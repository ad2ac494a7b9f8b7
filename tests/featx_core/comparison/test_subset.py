import hashlib

import numpy as np
import pytest

from featx_core.comparison import subset as subsets
from featx_core.comparison.subset import choose_subset


def keys_of(n_images):
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(n_images)]


LABELS = ["a", "b", "c"] * 10


def folds_by_row(subset):
    return dict(zip(subset.rows[subset.probed].tolist(), subset.folds.tolist(), strict=True))


def test_the_order_of_images_changes_nothing():
    keys, groups = keys_of(30), np.arange(30) // 2
    order = np.random.default_rng(0).permutation(30)
    first = choose_subset(keys, LABELS, groups)
    second = choose_subset([keys[i] for i in order], [LABELS[i] for i in order], groups[order])
    assert first.digest == second.digest
    np.testing.assert_array_equal(first.rows, order[second.rows])
    np.testing.assert_array_equal(first.groups, second.groups)
    np.testing.assert_array_equal(first.folds, second.folds)


def test_names_of_labels_and_groups_change_nothing_but_what_they_part_does():
    keys = keys_of(30)
    first = choose_subset(keys, LABELS, np.arange(30) // 2)
    renamed = choose_subset(keys, [{"a": "x", "b": "a", "c": "b"}[label] for label in LABELS], 99 - np.arange(30) // 2)
    assert first.digest == renamed.digest
    others = [
        choose_subset(keys, ["b", *LABELS[1:]], np.arange(30) // 2),
        choose_subset(keys, LABELS, None),
        choose_subset(keys_of(31)[1:], LABELS, np.arange(30) // 2),
        choose_subset(keys, None, np.arange(30) // 2),
    ]
    assert len({first.digest, *(subset.digest for subset in others)}) == 5


def test_equal_keys_are_one_group_and_one_fold():
    keys = keys_of(28)
    subset = choose_subset([*keys, keys[0], keys[1]], [*LABELS[:28], "a", "b"], None)
    by_row = dict(zip(subset.rows.tolist(), subset.groups.tolist(), strict=True))
    assert by_row[0] == by_row[28]
    assert by_row[1] == by_row[29]
    assert len(subset.representatives) == 28
    folds = folds_by_row(subset)
    assert folds[0] == folds[28]


def test_equal_keys_join_groups():
    keys = keys_of(10)
    keys[5] = keys[0]
    subset = choose_subset(keys, None, [0, 0, 1, 2, 3, 4, 4, 5, 6, 7])
    by_row = dict(zip(subset.rows.tolist(), subset.groups.tolist(), strict=True))
    assert by_row[0] == by_row[1] == by_row[5] == by_row[6]
    assert len(set(by_row.values())) == 7


def test_images_without_label_and_lonely_labels_are_left_out_and_said():
    labels = [*LABELS[:26], None, "", "once", "twice the same"]
    subset = choose_subset(keys_of(30), labels, None)
    assert sorted(subset.rows[subset.probed]) == list(range(26))
    assert sorted(subset.label_names) == ["a", "b", "c"]
    assert subset.notes == (
        "2 images without a label left out of the scores by label.",
        "2 labels with a single image each, not counting near-duplicates, left out of the scores by label (2 images).",
        "There are fewer than 10 images a label: the intervals are approximate and may be too narrow.",
    )


def test_few_images_a_label_are_said_with_near_duplicates_counted_once():
    few = ("There are fewer than 10 images a label: the intervals are approximate and may be too narrow.",)
    assert choose_subset(keys_of(30), LABELS, None).notes == ()
    assert choose_subset(keys_of(30), LABELS, np.arange(30) // 2).notes == few
    assert choose_subset(keys_of(30), None, np.arange(30) // 2).notes == ()


@pytest.mark.parametrize("labels", [np.arange(30) % 2, np.arange(30) % 2 > 0, (np.arange(30) % 2).astype(float)])
def test_numbers_and_booleans_are_labels_like_texts(labels):
    """Class 0 and False, too."""
    subset = choose_subset(keys_of(30), labels, None)
    assert sorted(subset.label_names) in (["0", "1"], ["False", "True"])
    assert subset.digest == choose_subset(keys_of(30), ["a" if label else "b" for label in labels], None).digest
    assert subset.notes == ()


def test_what_stands_for_no_label_is_left_out():
    labels = [*LABELS[:26], None, "", float("nan"), np.nan]
    subset = choose_subset(keys_of(30), labels, None)
    assert sorted(subset.rows[subset.probed]) == list(range(26))
    assert subset.notes[0] == "4 images without a label left out of the scores by label."


@pytest.mark.parametrize("labels", [None, [None] * 30, ["a"] * 30, ["a"] * 29 + ["b"]])
def test_without_two_labels_there_are_no_scores(labels):
    subset = choose_subset(keys_of(30), labels, None)
    assert not subset.has_labels
    assert len(subset.rows) == 30
    assert subset.has_any_label == (labels is not None and any(labels))


def test_a_large_set_is_sampled_by_whole_groups(monkeypatch):
    monkeypatch.setattr(subsets, "MAX_IMAGES", 20)
    monkeypatch.setattr(subsets, "MAX_SIMILARITY_IMAGES", 4)
    groups = np.arange(60) // 3
    subset = choose_subset(keys_of(60), None, groups)
    assert 15 <= len(subset.rows) <= 20
    assert all(np.sum(groups[subset.rows] == group) == 3 for group in groups[subset.rows])
    assert subset.notes[0].startswith(f"Measured on {len(subset.rows)} of 60 images, drawn at random")
    assert subset.notes[1] == "The similarity of spaces is measured on 4 of them."


def test_wrong_lengths_are_refused():
    with pytest.raises(ValueError, match=r"`labels` must have one entry for each of 5 images. Received: 3"):
        choose_subset(keys_of(5), ["a"] * 3, None)
    with pytest.raises(ValueError, match=r"`groups` must have one entry for each of 5 images. Received: 3"):
        choose_subset(keys_of(5), None, [0] * 3)
