import numpy as np
import pytest

from featx_core.measures.folds import as_groups, assign_folds, image_keys


def test_groups_stay_whole_and_labels_are_even():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(4), 30)
    groups = np.where(rng.random(120) < 0.3, codes * 8 + rng.integers(0, 8, 120), 1000 + np.arange(120))
    folds = assign_folds(codes, groups)
    assert all(len(np.unique(folds[groups == group])) == 1 for group in groups)
    counts = np.array([np.bincount(codes[folds == fold], minlength=4) for fold in range(5)])
    assert counts.sum() == 120
    assert counts.min() >= 5
    assert counts.max() <= 7


def test_the_fewest_images_of_a_label_lie_in_different_folds():
    folds = assign_folds(np.array([0] * 12 + [1] * 3), np.arange(15))
    assert len(np.unique(folds[12:])) == 3
    assert np.bincount(folds).tolist() == [3] * 5


def test_too_few_groups_are_refused():
    with pytest.raises(ValueError, match=r"5 folds need at least 5 groups of images. Received: 3\."):
        assign_folds(np.zeros(6, int), np.repeat(np.arange(3), 2))


def test_groups_are_numbers_from_0():
    assert as_groups(None, 3).tolist() == [0, 1, 2]
    assert as_groups(["b", "a", "b"], 3).tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match=r"`groups` must have one entry for each of 3 images. Received: 2\."):
        as_groups([0, 1], 3)


def test_keys_tell_images_apart_whatever_the_order_of_extractors():
    first, second = np.array([[1.0], [1.0], [2.0]]), np.array([[5.0], [6.0], [5.0]])
    keys = image_keys([first, second])
    assert len(set(keys)) == 3
    assert keys == image_keys([second, first])
    assert keys[::-1] == image_keys([first[::-1], second[::-1]])
    assert len(set(image_keys([first]))) == 2
