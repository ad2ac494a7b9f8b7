"""Label errors: flipped labels are found, others are left alone."""

import numpy as np
import pytest

from featx_core.curation.label_errors import find_label_errors
from featx_core.measures.out_of_fold import out_of_fold_scores


def names(n_images):
    return [f"{i:064x}" for i in range(n_images)]


def images_of(n_images, seed, apart=4.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, n_images)
    return rng.normal(size=(n_images, 20)) + apart * np.eye(20)[labels], np.array(["ash", "elm", "oak", "yew"])[labels]


def test_flipped_labels_are_found_with_the_right_one_offered():
    vectors, truth = images_of(400, seed=0)
    flipped = np.random.default_rng(1).choice(400, 20, replace=False)
    labels = truth.copy()
    labels[flipped] = [next(name for name in ("ash", "elm") if name != truth[row]) for row in flipped]
    found = find_label_errors(vectors, labels.tolist(), names(400))
    rows = [int(digest, 16) for digest in found.digests]
    hits = [row for row in rows if row in flipped]
    assert len(hits) == 20
    assert len(rows) <= 35
    assert len(set(rows[:20]) & set(flipped.tolist())) >= 18
    assert all(truth[row] == offered for row, offered in zip(rows, found.offered, strict=True) if row in flipped)
    assert list(found.labels) == [labels[row] for row in rows]
    assert list(found.margins) == sorted(found.margins, reverse=True)


def test_without_flips_alarms_are_rare():
    found = [find_label_errors(vectors, truth.tolist(), names(300)) for vectors, truth in map(of_300, range(10, 15))]
    assert np.mean([len(each.digests) for each in found]) < 0.02 * 300


def of_300(seed):
    return images_of(300, seed)


def test_an_image_is_never_judged_by_itself_or_its_copy():
    rng = np.random.default_rng(2)
    vectors = np.repeat(rng.normal(size=(60, 40)), 2, axis=0)
    labels = np.repeat(rng.choice(["ash", "elm"], 60), 2).tolist()
    found = find_label_errors(vectors, labels, names(120), groups=np.repeat(np.arange(60), 2))
    assert len(found.digests) > 20  # noise: about half would be called otherwise; judged by copies none would be
    assert len(find_label_errors(vectors, labels, names(120)).digests) < len(found.digests)


def test_scores_are_those_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    vectors, truth = images_of(80, seed=3, apart=1.0)
    codes = np.unique(truth, return_inverse=True)[1]
    folds = np.arange(80) % 5
    scaled = FunctionTransformer(lambda rows: rows / np.sqrt(20))
    pipeline = make_pipeline(StandardScaler(), scaled, LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000))
    expected = cross_val_predict(pipeline, vectors, codes, cv=PredefinedSplit(folds), method="predict_proba")
    np.testing.assert_allclose(out_of_fold_scores(vectors, codes, folds), expected, atol=2e-4)


def test_labels_of_few_images_are_left_out_and_too_few_labels_refused():
    vectors, truth = images_of(60, seed=4)
    labels = ["rare" if row < 3 else name for row, name in enumerate(truth)]
    found = find_label_errors(vectors, labels, names(60))
    assert found.n_images == 57
    assert "rare" not in found.offered + found.labels
    with pytest.raises(ValueError, match="at least two labels with 5 different images"):
        find_label_errors(vectors, ["one"] * 60, names(60))
