import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from featx_core.measures.logistic_regression import predict_along

PATH = (0.1, 1.0, 10.0)


def draw(seed, n_rows, n_features, n_labels, shift):
    """Rows of about length 1 whose labels know something of them, more of some labels than of others."""
    rng = np.random.default_rng(seed)
    codes = np.minimum(rng.integers(0, n_labels + 2, n_rows), n_labels - 1)
    means = np.random.default_rng(99).normal(size=(n_labels, n_features))
    rows = (shift * means[codes] + rng.normal(size=(n_rows, n_features))) / n_features**0.5
    return rows.astype(np.float32), codes


@pytest.mark.parametrize(
    ("n_rows", "n_features", "n_labels", "shift"),
    [(200, 30, 2, 0.3), (200, 30, 6, 0.5), (120, 500, 4, 0.1), (60, 90, 2, 0.1), (150, 300, 5, 1.0), (40, 41, 3, 0)],
    ids=["two labels", "few features", "many features", "two labels, many features", "apart", "nothing to learn"],
)
def test_it_is_scikit_learns(n_rows, n_features, n_labels, shift):
    """Solved by scikit-learn until nothing moves; where two labels are equally likely to 1e-3, either may be named."""
    rows, codes = draw(1, n_rows, n_features, n_labels, shift)
    others, _ = draw(2, 2_000, n_features, n_labels, shift)
    for regularization, found in zip(PATH, predict_along(rows, codes, others, PATH), strict=True):
        exact = LogisticRegression(C=regularization, tol=1e-10, max_iter=100_000).fit(rows.astype(float), codes)
        shares = np.sort(exact.predict_proba(others.astype(float)), axis=1)
        is_clear = shares[:, -1] - shares[:, -2] > 1e-3
        assert is_clear.mean() > 0.95
        np.testing.assert_array_equal(found[is_clear], exact.predict(others.astype(float))[is_clear])


def test_each_regularization_is_solved_as_if_alone():
    rows, codes = draw(3, 100, 150, 3, 0.2)
    others, _ = draw(4, 500, 150, 3, 0.2)
    along = predict_along(rows, codes, others, PATH)
    for number, regularization in enumerate(PATH):
        alone = predict_along(rows, codes, others, [regularization])[0]
        assert np.mean(along[number] == alone) > 0.995
    assert np.any(along[0] != along[2])


def test_labels_by_hand():
    """One feature: what lies left is of the one label, what lies right of the other, whatever they are called."""
    rows = np.array([[-1.0], [-0.5], [0.5], [1.0]], np.float32)
    others = np.array([[-0.1], [0.1]], np.float32)
    assert predict_along(rows, np.array([7, 7, 3, 3]), others, PATH).tolist() == [[7, 3]] * 3


def test_rows_that_are_all_alike_leave_the_most_frequent_label():
    rows = np.zeros((6, 4), np.float32)
    answers = predict_along(rows, np.array([0, 1, 1, 2, 1, 2]), rows[:2], PATH)
    np.testing.assert_array_equal(answers, 1)


def test_nothing_that_is_given_is_changed():
    rows, codes = draw(5, 30, 40, 3, 0.5)
    before = rows.copy(), codes.copy()
    predict_along(rows, codes, rows, PATH)
    np.testing.assert_array_equal(rows, before[0])
    np.testing.assert_array_equal(codes, before[1])
