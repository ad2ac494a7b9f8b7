from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from research.embedded_v1.evaluation.results import average, describe_all, measure
from research.embedded_v1.evaluation.scores import (
    Outcome,
    bootstrap,
    cluster_agreement,
    evaluate_task,
    interval,
    logistic_classes,
    nearest_classes,
    prepared,
)
from research.embedded_v1.evaluation.tasks import Classification, FewLabels, Retrieval, Suite, halves, stratified_folds


def _clouds(n_each: int, distance: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    classes = np.repeat(np.arange(3), n_each)
    return generator.normal(size=(3 * n_each, 8)) + distance * np.eye(3, 8)[classes], classes


def _task(features: np.ndarray, classes: np.ndarray, folds: tuple) -> Classification:
    return Classification("clouds", np.zeros((len(features), 1)), classes, folds, np.arange(len(features)))


def test_five_neighbours_vote_as_in_scikit_learn() -> None:
    values, classes = _clouds(40, 1.5)
    values = prepared(values, values)
    train, test = halves(np.random.default_rng(0), classes)
    reference = KNeighborsClassifier(5, metric="cosine").fit(values[train], classes[train])
    counts = reference.predict_proba(values[test])
    is_clear = np.sort(counts, 1)[:, -1] > np.sort(counts, 1)[:, -2]
    found = nearest_classes(values[train], classes[train], values[test])
    assert is_clear.sum() > 40
    assert np.array_equal(found[is_clear], reference.predict(values[test])[is_clear])


def test_a_tie_goes_to_the_nearer_class() -> None:
    angles = np.deg2rad([10, 12, 1, 2, 90])  # classes 0 and 1 have two votes each
    train = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert nearest_classes(train, np.array([0, 0, 1, 1, 2]), np.array([[1.0, 0.0]])).tolist() == [1]


def test_logistic_regression_in_the_span_of_the_rows_is_the_same() -> None:
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(0)
    train, test, classes = generator.normal(size=(30, 80)), generator.normal(size=(50, 80)), np.arange(30) % 3
    expected = LogisticRegression(C=10, tol=1e-4, max_iter=1000).fit(train, classes).predict(test)
    assert np.mean(logistic_classes(train, classes, test) == expected) > 0.97


def test_agreement_of_clusters_is_that_worked_out_by_hand() -> None:
    values, classes = _clouds(30, 20)
    assert cluster_agreement(values, classes) == pytest.approx(1)
    crossed = np.tile([0, 1, 2], 30)  # each cloud holds as many of each class
    assert cluster_agreement(values, crossed) == pytest.approx(0, abs=1e-9)


def test_standardisation_is_that_of_the_training_part_and_rows_have_length_1() -> None:
    train = np.array([[0.0, 0.0], [2.0, 20.0]])
    values = prepared(train, np.array([[2.0, 20.0], [1.0, 30.0]]))
    scale = np.sqrt(np.array([1, 100]) + 0.01 * 50.5)
    expected = np.array([[1, 10], [0, 20]]) / scale
    assert values == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True))


def test_constant_features_give_zeros_and_no_warning() -> None:
    with np.errstate(all="raise"):
        assert not prepared(np.ones((4, 3)), np.ones((2, 3))).any()


def test_principal_components_keep_what_varies() -> None:
    generator = np.random.default_rng(0)
    plane = generator.normal(size=(50, 2)) @ generator.normal(size=(2, 30))
    assert prepared(plane, plane, 2).shape == (50, 2)
    assert prepared(plane, plane, 2) @ prepared(plane, plane, 2).T == pytest.approx(
        prepared(plane, plane) @ prepared(plane, plane).T
    )


def test_separate_clouds_are_told_apart_and_equal_ones_are_not() -> None:
    far, classes = _clouds(30, 30)
    folds = stratified_folds(np.random.default_rng(0), classes, 5)
    outcome = evaluate_task(far, _task(far, classes, folds))
    assert outcome.score == 100
    assert outcome.measures["NMI"] == pytest.approx(100)
    near, _ = _clouds(30, 0)
    assert evaluate_task(near, _task(near, classes, folds)).score < 55


def test_order_of_pictures_does_not_matter() -> None:
    features, classes = _clouds(30, 1.5)
    train, test = halves(np.random.default_rng(0), classes)
    order = np.random.default_rng(1).permutation(90)
    place = np.argsort(order)
    straight = evaluate_task(features, _task(features, classes, ((train, test),)))
    mixed = evaluate_task(features[order], _task(features, classes[order], ((place[train], place[test]),)))
    assert mixed.measures["5-NN"] == straight.measures["5-NN"]
    assert mixed.measures["logistic regression"] == straight.measures["logistic regression"]


def test_retrieval_counts_the_queries_that_find_their_answer() -> None:
    gallery = np.eye(4)
    queries = gallery[[0, 1, 2, 2]] + 0.01
    task = Retrieval("four", np.zeros((8, 1)), 4, np.array([0, 1, 2, 3]), np.arange(4))
    outcome = evaluate_task(np.concatenate([gallery, queries]), task)
    assert outcome.items.tolist() == [1, 1, 1, 0]
    assert outcome.score == 75


def test_few_labels_use_no_others() -> None:
    features, classes = _clouds(20, 30)
    train, test = halves(np.random.default_rng(0), classes)
    wrong = classes.copy()
    labelled = np.concatenate([train[classes[train] == each][:5] for each in range(3)])
    wrong[np.setdiff1d(train, labelled)] = 0
    task = FewLabels(_task(features, wrong, ((train, test),)), ((labelled,),))
    assert evaluate_task(features, task).score == 100


def test_rows_that_are_no_pictures_are_refused() -> None:
    features, classes = _clouds(10, 1)
    task = _task(features, classes, (halves(np.random.default_rng(0), classes),))
    with pytest.raises(ValueError, match="must have 30 rows"):
        evaluate_task(features[:20], task)


def test_interval_is_that_of_the_binomial() -> None:
    items = np.repeat([0.0, 1.0], [40, 60])
    draws = bootstrap(Outcome(items, np.arange(100), {}, "coin"), 0, 20_000)
    low, high = interval(draws)  # 60 +- 1.96 sqrt(60 * 40 / 100) = 50.4 to 69.6
    assert low == pytest.approx(50.4, abs=1)
    assert high == pytest.approx(69.6, abs=1)


def test_groups_are_drawn_together_and_draws_are_paired() -> None:
    items, groups = np.repeat([0.0, 1.0], 50), np.repeat([0, 1], 50)
    draws = bootstrap(Outcome(items, groups, {}, "two"), 0)
    assert set(np.unique(draws)) == {0, 50, 100}
    assert np.array_equal(draws, bootstrap(Outcome(items, groups, {}, "two"), 0))
    other = bootstrap(Outcome(1 - items, groups, {}, "two"), 0)
    assert np.allclose(draws + other, 100)


def test_splits_are_stratified_and_disjoint() -> None:
    classes = np.arange(60) % 3
    train, test = halves(np.random.default_rng(0), classes, 4)
    assert np.bincount(classes[train]).tolist() == [4, 4, 4]
    assert sorted([*train, *test]) == list(range(60))
    folds = stratified_folds(np.random.default_rng(0), classes, 5)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(60))
    assert all(np.bincount(classes[test]).tolist() == [4, 4, 4] for _, test in folds)


def test_a_suite_is_the_mean_of_its_tasks_and_pictures_are_described_once() -> None:
    features, classes = _clouds(20, 30)
    task = _task(features, classes, (halves(np.random.default_rng(0), classes),))
    lost = Retrieval("lost", np.zeros((4, 1)), 2, np.array([0, 1]), np.arange(2))
    suites = {"A": Suite("both", (task, lost)), "B": Suite("one", (task,))}
    calls = []

    def describe(images: np.ndarray) -> np.ndarray:
        calls.append(len(images))
        return features if len(images) == 60 else np.array([[0.0, 1], [1, 0], [1, 0], [0, 1]])

    result = measure(describe_all(describe, suites), suites, 0)
    assert sorted(calls) == [4, 60]
    assert result.scores == {"A": 50, "B": 100}
    assert result.mean(["A", "B"]) == 75
    assert average([result, result]).scores == result.scores
