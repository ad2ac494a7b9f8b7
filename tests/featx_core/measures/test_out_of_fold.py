"""Scores out of fold: a label that training never saw scores 0. Agreement with scikit-learn is tested with label errors."""

import numpy as np

from featx_core.measures.out_of_fold import out_of_fold_scores


def test_a_label_that_lies_in_one_fold_alone_scores_0_there():
    rng = np.random.default_rng(0)
    codes = np.r_[np.tile([0, 1], 20), 2, 2]
    folds = np.r_[np.arange(40) % 4, 0, 0]
    scores = out_of_fold_scores(rng.normal(size=(42, 3)), codes, folds)
    assert scores.shape == (42, 3)
    assert (scores[folds == 0, 2] == 0).all()
    assert (scores[folds == 1, 2] > 0).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_labels_that_features_tell_apart_score_high_and_progress_ends():
    codes = np.tile([0, 1], 25)
    told = []
    scores = out_of_fold_scores(
        9.0 * codes[:, None] + np.random.default_rng(1).normal(size=(50, 2)),
        codes,
        np.arange(50) // 10,
        on_progress=lambda *step: told.append(step),
    )
    assert (scores[np.arange(50), codes] > 0.8).all()
    assert told == [(i, 5) for i in range(1, 6)]
