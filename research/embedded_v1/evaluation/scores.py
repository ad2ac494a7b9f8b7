"""From features to the score of a suite: one standardisation, three measures, one bootstrap for all descriptors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from research.embedded_v1.evaluation.tasks import Classification, FewLabels, Retrieval, Task, number_of, source_of

N_NEIGHBORS = 5
N_DRAWS = 1000
FLOOR = 0.01
"""Share of the mean variance that is added to each variance: columns that hardly vary are not blown up."""

EQUAL_DIMENSIONS = 256
RANK_TOLERANCE = 1e-10  # share of the energy of the strongest direction
REGULARIZATION = 10.0  # C of LogisticRegression, the same for all


@dataclass(frozen=True)
class Outcome:
    """What a descriptor achieved at one task.

    Args:
        items: float `(n_test,)`, 0 to 1: how well each test item was answered, the mean over the measures of the task.
        groups: int `(n_test,)`.
        measures: In percent, by name; some, as the NMI, are not part of `items`.
        draws_of: Name of the task whose bootstrap draws are used.
    """

    items: np.ndarray
    groups: np.ndarray
    measures: Mapping[str, float]
    draws_of: str

    @property
    def score(self) -> float:
        """The score in percent."""
        return 100 * float(self.items.mean())


def evaluate_task(features: np.ndarray, task: Task, n_dimensions: int | None = None) -> Outcome:
    """Measure features at a task.

    Args:
        features: float `(n, d)`, a row for each picture of the task. Not modified.
        task: What is asked.
        n_dimensions: At most so many principal components; None leaves the features as they are.
    """
    if len(features) != len(source_of(task).images):
        raise ValueError(
            f"`features` must have {len(source_of(task).images)} rows, one a picture. Received: {len(features)}."
        )
    if isinstance(task, Retrieval):
        return _retrieval(features, task, n_dimensions)
    if isinstance(task, FewLabels):
        return _few_labels(features, task, n_dimensions)
    return _classification(features, task, n_dimensions)


def prepared(fit_on: np.ndarray, features: np.ndarray, n_dimensions: int | None = None) -> np.ndarray:
    """Standardise by the training part, optionally project on its principal components, give every row length 1.

    Args:
        fit_on: float `(n_train, d)`. Not modified.
        features: float `(n, d)`. Not modified.
        n_dimensions: At most so many principal components.

    Returns:
        float64 `(n, at most d)`.
    """
    mean, variance = fit_on.mean(0, dtype=np.float64), fit_on.var(0, dtype=np.float64)
    scale = np.sqrt(variance + FLOOR * variance.mean()) + np.finfo(float).tiny
    values = (features - mean) / scale
    if n_dimensions is not None and n_dimensions < values.shape[1]:
        values = values @ _axes((fit_on - mean) / scale)[:, : min(n_dimensions, len(fit_on) - 1)]
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), np.finfo(float).tiny)


def nearest_classes(train: np.ndarray, classes: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Classify by the five nearest rows by cosine; a tie goes to the class with the larger sum of cosines.

    Args:
        train: float `(n_train, d)`, rows of length 1.
        classes: int `(n_train,)`, from 0.
        test: float `(n_test, d)`, rows of length 1.

    Returns:
        int `(n_test,)`.
    """
    cosines = test @ train.T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :N_NEIGHBORS]
    votes = np.zeros((len(test), classes.max() + 1))
    weights = 1 + np.take_along_axis(cosines, nearest, 1) / (4 * N_NEIGHBORS)  # all five together move less than a vote
    np.add.at(votes, (np.arange(len(test))[:, None], classes[nearest]), weights)
    return votes.argmax(1)


def logistic_classes(train: np.ndarray, classes: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Classify by multinomial logistic regression with an L2 penalty.

    Where there are more columns than rows the fit runs in the space that the training rows span: the penalty does not
    see a rotation, so that the result is the same and sooner there.
    """
    from sklearn.linear_model import LogisticRegression

    if train.shape[1] > len(train):
        axes = _axes(train)
        train, test = train @ axes, test @ axes
    classifier = LogisticRegression(C=REGULARIZATION, tol=1e-4, max_iter=1000)
    return classifier.fit(train, classes).predict(test)


def _axes(values: np.ndarray) -> np.ndarray:
    """Give the orthonormal directions in which rows lie, those of most energy first: float64 `(d, rank)`."""
    is_wide = values.shape[1] > len(values)
    products, vectors = np.linalg.eigh(values @ values.T if is_wide else values.T @ values)
    is_real = products > RANK_TOLERANCE * products[-1]
    axes = vectors[:, is_real][:, ::-1]
    return values.T @ axes / np.sqrt(products[is_real][::-1]) if is_wide else axes


def cluster_agreement(values: np.ndarray, classes: np.ndarray) -> float:
    """Give the normalised mutual information of k-means clusters with the classes, 0 to 1."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score

    clusters = KMeans(len(np.unique(classes)), n_init=10, random_state=0).fit_predict(values)
    return float(normalized_mutual_info_score(classes, clusters))


def _classification(features: np.ndarray, task: Classification, n_dimensions: int | None) -> Outcome:
    is_right = {"5-NN": np.full(len(features), np.nan), "logistic regression": np.full(len(features), np.nan)}
    for train, test in task.folds:
        values = prepared(features[train], features, n_dimensions)
        for measure, classify in (("5-NN", nearest_classes), ("logistic regression", logistic_classes)):
            found = classify(values[train], task.classes[train], values[test])
            is_right[measure][test] = found == task.classes[test]
    rows = np.concatenate([test for _, test in task.folds])
    fit_on = task.folds[0][0] if len(task.folds) == 1 else rows
    agreement = cluster_agreement(prepared(features[fit_on], features[rows], n_dimensions), task.classes[rows])
    measures = {measure: 100 * float(right[rows].mean()) for measure, right in is_right.items()} | {
        "NMI": 100 * agreement
    }
    items = np.mean([right[rows] for right in is_right.values()], axis=0)
    return Outcome(items, task.groups[rows], measures, task.name)


def _retrieval(features: np.ndarray, task: Retrieval, n_dimensions: int | None) -> Outcome:
    gallery = features[: task.n_gallery]
    values = prepared(gallery, features, n_dimensions)
    cosines = values[task.n_gallery :] @ values[: task.n_gallery].T
    items = (cosines.argmax(1) == task.answers).astype(float)
    return Outcome(items, task.groups, {"recall at 1": 100 * float(items.mean())}, task.name)


def _few_labels(features: np.ndarray, task: FewLabels, n_dimensions: int | None) -> Outcome:
    source, items = task.source, np.full(len(features), np.nan)
    for (train, test), draws in zip(source.folds, task.draws, strict=True):
        values = prepared(features[train], features, n_dimensions)
        found = [logistic_classes(values[rows], source.classes[rows], values[test]) for rows in draws]
        items[test] = np.mean(np.stack(found) == source.classes[test], axis=0)
    rows = np.concatenate([test for _, test in source.folds])
    measures = {"logistic regression": 100 * float(items[rows].mean())}
    return Outcome(items[rows], source.groups[rows], measures, source.name)


def bootstrap(outcome: Outcome, seed: int, n_draws: int = N_DRAWS) -> np.ndarray:
    """Draw the test items again and again, those of one group together.

    Two outcomes of the same task get the same draws: their differences are paired.

    Returns:
        float64 `(n_draws,)`, scores in percent.
    """
    _, group_of = np.unique(outcome.groups, return_inverse=True)
    sums, sizes = np.bincount(group_of, outcome.items), np.bincount(group_of)
    generator = np.random.default_rng((seed, number_of(outcome.draws_of)))
    counts = generator.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), n_draws)
    return 100 * (counts @ sums) / (counts @ sizes)


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Give the 2.5 and 97.5 percentiles."""
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(low), float(high)
