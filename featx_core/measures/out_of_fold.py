"""Scores of images by classifiers that were trained without them."""

from __future__ import annotations

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.base.threads import in_threads
from featx_core.measures.logistic_regression import label_scores
from featx_core.measures.probes import standardised, without_solver_warnings


def out_of_fold_scores(
    vectors: np.ndarray, codes: np.ndarray, folds: np.ndarray, *, on_progress: ProgressCallback | None = None
) -> np.ndarray:
    """Return the probability of each label for each image, by classifiers that were trained without its fold.

    The classifier is that of `linear_probe` with C = 1.

    Args:
        vectors: Features, finite, `(n_images, n_features)`. Not modified.
        codes: The label of each image as a number from 0, `(n_images,)`.
        folds: The fold of each image, from 0.
        on_progress: Called with trainings done and trainings in all.

    Returns:
        float64 `(n_images, n_labels)`.
    """
    parts = [folds == fold for fold in range(int(folds.max()) + 1)]

    def answer(held_out: np.ndarray) -> np.ndarray:
        known, others = standardised(vectors[~held_out], vectors[held_out])
        return label_scores(known, codes[~held_out], others, 1.0)

    scores = np.zeros((len(codes), int(codes.max()) + 1))
    with without_solver_warnings():
        for done, (part, found) in enumerate(zip(parts, in_threads(answer, parts), strict=True)):
            scores[part, : found.shape[1]] = found
            if on_progress is not None:
                on_progress(done + 1, len(parts))
    return scores
