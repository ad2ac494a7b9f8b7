"""Multinomial logistic regression with several strengths of regularization, by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOLERANCE = 1e-5
"""Largest entry of the gradient at which training ends. At scikit-learn's default, 1e-4, some answers still change."""

MAX_STEPS = 1_000
WIDE = 2
"""From so many times more features than rows on, rows are first written in a basis of the space that they span."""


def predict_along(
    rows: np.ndarray, codes: np.ndarray, others: np.ndarray, regularizations: Sequence[float]
) -> np.ndarray:
    """Train with each regularization and predict the labels of other rows.

    Each training starts from the solution of the one before. `docs/decisions/logistic_regression.md` says why this solver.

    Args:
        rows: To train on, float32 `(n_rows, n_features)`. Not modified.
        codes: The label of each, whole numbers `(n_rows,)`, at least two different ones.
        others: Rows to predict, float32 `(n_others, n_features)`.
        regularizations: Values of scikit-learn's C. Ascending ones are quickest.

    Returns:
        For each C the most likely of `codes` for each other row, `(n_regularizations, n_others)`.
    """
    from sklearn.linear_model import LogisticRegression

    if rows.shape[1] > WIDE * len(rows):
        rows, others = _in_span(rows, others)
    model = LogisticRegression(solver="newton-cg", tol=TOLERANCE, max_iter=MAX_STEPS, warm_start=True)
    return np.array([model.set_params(C=C).fit(rows, codes).predict(others) for C in regularizations])


def label_scores(rows: np.ndarray, codes: np.ndarray, others: np.ndarray, regularization: float) -> np.ndarray:
    """Train as `predict_along` does, and return the probability of each label for other rows.

    Args:
        rows: As for `predict_along`.
        codes: As for `predict_along`.
        others: Rows to score, float32 `(n_others, n_features)`.
        regularization: A value of scikit-learn's C.

    Returns:
        float64 `(n_others, n_labels)`, a column for each number from 0 to the largest of `codes`; 0 for those that are not
        among `codes`.
    """
    from sklearn.linear_model import LogisticRegression

    if rows.shape[1] > WIDE * len(rows):
        rows, others = _in_span(rows, others)
    model = LogisticRegression(solver="newton-cg", tol=TOLERANCE, max_iter=MAX_STEPS, C=regularization)
    found = np.zeros((len(others), int(codes.max()) + 1))
    found[:, np.unique(codes)] = model.fit(rows, codes).predict_proba(others)
    return found


def _in_span(rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write rows in an orthonormal basis of their span. The best weights lie in it, so predictions stay the same."""
    from scipy.linalg import qr

    basis, coordinates = qr(rows.T, mode="economic", check_finite=False)
    return np.ascontiguousarray(coordinates.T), others @ basis
