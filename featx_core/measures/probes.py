"""Probes: how well simple classifiers on frozen features predict the labels."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.labels import label_texts
from featx_core.base.progress import ProgressCallback
from featx_core.base.threads import in_threads
from featx_core.measures.folds import N_FOLDS, as_groups, assign_folds
from featx_core.measures.intervals import Interval, share_interval
from featx_core.measures.logistic_regression import predict_along
from featx_core.measures.neighbors import cosine_dissimilarities

N_NEIGHBORS = 5
REGULARIZATIONS = (0.1, 1.0, 10.0)
"""Values of scikit-learn's C among which the folds choose; features are scaled so that they mean the same for any width."""

N_TRAININGS = N_FOLDS * (N_FOLDS + 1) // 2
"""Trainings on different images for one score: without each fold, and without each pair of folds to choose C by."""

TRAINING_VARIANCE = 1.45
"""How much more a score varies, over draws of all images, than the same number of independent answers would.

The images that are learnt from are drawn, too, and the answers share them. In simulations the factor was 1.2 to 1.7 for
the linear probe, and 1.0 to 1.8 for k-NN.
"""

FEW = 10
FEW_VARIANCE = 1.75
"""The same for the linear probe with fewer than `FEW` images a label.

In simulations with 3 to 8 images of each of 2 to 8 labels, its intervals then covered 95 % on average, from 88 to 99 %.
"""

TIE = 1e-9
"""Votes, and parts of the largest dissimilarity, that differ by less are equal."""


@dataclass(frozen=True, eq=False)
class ProbeScore:
    """What a probe got right.

    Attributes:
        interval: The share of correct answers, with its 95 % interval.
        correct: For each image, float64 `(n_images,)`: 1 for right, 0 for wrong, between them where a vote was tied.
        folds: The fold in which each image was held out, int64 `(n_images,)`; for k-NN its group.
        choices: What was picked inside each fold: the values of C; for k-NN the number of neighbours.
        predicted: For each image the number of the label that was predicted, from 0 in the order in which labels come,
            int64 `(n_images,)`. None for k-NN, where votes may be tied.
    """

    interval: Interval
    correct: np.ndarray
    folds: np.ndarray
    choices: tuple[float, ...]
    predicted: np.ndarray | None = None


def knn_accuracy(
    vectors: np.ndarray,
    labels: Sequence[Any],
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    k: int = N_NEIGHBORS,
) -> ProbeScore:
    """Predict each image's label by a vote of its nearest neighbours; its own group has no vote.

    Cosine similarity. Images as near as the k-th share its vote, and labels with equal votes share the answer, so that
    the order of images and labels changes nothing.

    Args:
        vectors: Features, finite, `(n_images, n_features)`. Not modified.
        labels: One label an image, none missing.
        groups: Images of one group, such as near-duplicates, never vote for each other. None: each is its own group.
        k: How many neighbours vote.

    Raises:
        ValueError: If shapes do not fit, values are not finite, or there are fewer than two groups.
    """
    vectors, codes, group = checked(vectors, labels, groups)
    if not k >= 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    if len(np.unique(group)) < 2:
        raise ValueError("Leave-one-group-out needs at least two groups of images. Received: 1.")
    return vote(cosine_dissimilarities(vectors), codes, group, k=k)


def vote(apart: np.ndarray, codes: np.ndarray, group: np.ndarray, *, k: int = N_NEIGHBORS) -> ProbeScore:
    """Predict labels as `knn_accuracy` does, where it is known how far images are apart.

    Args:
        apart: `(n_images, n_images)`, as from `cosine_dissimilarities`. Not modified.
        codes: The label of each image, whole numbers from 0.
        group: The group of each image, at least two different ones.
        k: How many neighbours vote.
    """
    apart = apart / (apart.max() or 1)
    apart[group[:, None] == group[None, :]] = np.inf
    n_others = int(np.isfinite(apart).sum(axis=1).min())
    votes = _shared_votes(apart, min(k, n_others)) @ np.eye(codes.max() + 1)[codes]
    best = votes >= votes.max(axis=1, keepdims=True) - TIE
    correct = best[np.arange(len(codes)), codes] / best.sum(axis=1)
    return ProbeScore(probe_interval(correct, codes, group, is_linear=False), correct, group, (float(k),))


def linear_probe(
    vectors: np.ndarray,
    labels: Sequence[Any],
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    folds: np.ndarray | None = None,
    on_progress: ProgressCallback | None = None,
) -> ProbeScore:
    """Measure how well a linear classifier on the features separates the labels.

    Multinomial logistic regression on standardised features, divided by the root of their number. Five folds; what
    is held out has no part in standardising, in training, or in choosing C. C is chosen for each fold by
    cross-validation over the four others: the best share of right answers, the smallest C where they are equal: what
    scikit-learn's `GridSearchCV` over that pipeline would do, with fewer trainings.

    Args:
        vectors: Features, finite, `(n_images, n_features)`. Not modified.
        labels: One label an image, none missing.
        groups: Images of one group, such as near-duplicates, stay in one fold. None: each is its own group.
        folds: The fold of each image, from 0. None: those of `assign_folds`.
        on_progress: Called with trainings done and trainings in all.

    Raises:
        ValueError: If shapes do not fit, values are not finite, or there are fewer groups than folds.
    """
    vectors, codes, group = checked(vectors, labels, groups)
    folds = assign_folds(codes, group) if folds is None else np.asarray(folds)
    n_folds = int(folds.max()) + 1
    pairs = list(itertools.combinations(range(n_folds), 2))
    jobs = [*pairs, *[(fold, fold) for fold in range(n_folds)]]

    def answer(held_out: tuple[int, int]) -> np.ndarray:
        return _answers(vectors, codes, np.isin(folds, held_out))

    answers = {}
    for done, (job, found) in enumerate(zip(jobs, in_threads(answer, jobs), strict=True)):
        answers[job] = found
        if on_progress is not None:
            on_progress(done + 1, len(jobs))
    chosen = [_choose(answers, codes, folds, fold, n_folds) for fold in range(n_folds)]
    predicted = np.select(
        [folds == fold for fold in range(n_folds)], [answers[i, i][best] for i, best in enumerate(chosen)]
    )
    correct = (predicted == codes).astype(np.float64)
    choices = tuple(REGULARIZATIONS[best] for best in chosen)
    return ProbeScore(probe_interval(correct, codes, group), correct, folds, choices, predicted)


def probe_interval(correct: np.ndarray, codes: np.ndarray, groups: np.ndarray, *, is_linear: bool = True) -> Interval:
    """Return the share of right answers of a probe with its 95 % interval, as it varies over draws of all images.

    Args:
        correct: For each image whether it was right, 0 to 1, `(n_images,)`, at least one.
        codes: The label of each image, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.
        is_linear: Whether it is a linear probe, which varies more with few images.
    """
    is_widened = is_linear and has_few(codes, groups)
    return share_interval(correct, groups, variance=FEW_VARIANCE if is_widened else TRAINING_VARIANCE)


def has_few(codes: np.ndarray, groups: np.ndarray) -> bool:
    """Whether there are fewer than `FEW` different images a label on average.

    Args:
        codes: The label of each image, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.
    """
    return len(np.unique(groups)) < FEW * len(np.unique(codes))


def held_out_probe(
    vectors: np.ndarray,
    labels: Sequence[Any],
    held_out: np.ndarray,
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
) -> np.ndarray:
    """Train the classifier of `linear_probe` on some images, and predict the labels of the others.

    Args:
        vectors: Features, finite, `(n_images, n_features)`. Not modified.
        labels: One label an image, none missing.
        held_out: Which images are asked about, bool `(n_images,)`. They have no part in the training or in choosing C.
        groups: Images of one group stay together while C is chosen. None: each is its own group.

    Returns:
        Whether each held-out image was classified correctly, bool, in their order.

    Raises:
        ValueError: If shapes do not fit, values are not finite, or fewer than two groups are left to train on.
    """
    vectors, codes, group = checked(vectors, labels, groups)
    rest = np.flatnonzero(~held_out)
    n_folds = min(N_FOLDS, len(np.unique(group[rest])))
    if n_folds < 2:
        raise ValueError("A probe needs at least two groups of images to train on. Received: fewer.")
    folds = np.full(len(codes), -1)
    folds[rest] = assign_folds(codes[rest], group[rest], n_folds)
    parts = [folds == fold for fold in range(n_folds)]
    nothing = np.zeros(len(codes), bool)
    *inner, last = in_threads(lambda part: _answers(vectors, codes, held_out | part), [*parts, nothing])
    shares = [(found == codes)[:, part].mean(axis=1) for found, part in zip(inner, parts, strict=True)]
    best = int(np.argmax(np.round(np.mean(shares, axis=0), 9)))
    return np.asarray((last[best] == codes)[held_out])


def checked(
    vectors: np.ndarray, labels: Sequence[Any], groups: Sequence[Any] | np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors as float64, labels and groups as numbers from 0.

    Labels are numbered in the order in which they come, so that their names play no part.

    Raises:
        ValueError: If shapes do not fit, a label is missing or a value is not finite.
    """
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"`vectors` must have shape `(n_images, n_features)`, none 0. Received: {vectors.shape}.")
    if len(labels) != len(vectors):
        raise ValueError(f"`labels` must have one entry for each of {len(vectors)} images. Received: {len(labels)}.")
    texts = label_texts(labels)
    if None in texts:
        raise ValueError("`labels` must have no gaps. Leave out the images without a label.")
    if not np.isfinite(vectors).all():
        raise ValueError("`vectors` holds values that are not finite. Leave those images out.")
    numbers: dict[str | None, int] = {}
    codes = np.array([numbers.setdefault(text, len(numbers)) for text in texts])
    return vectors, codes, as_groups(groups, len(vectors))


def _shared_votes(apart: np.ndarray, k: int) -> np.ndarray:
    """Weights of the `k` nearest columns of each row; those that are tied for the last places share them."""
    last = np.partition(apart, k - 1, axis=1)[:, k - 1, None]
    nearer = apart < last - TIE
    tied = (apart <= last + TIE) & ~nearer
    left = k - nearer.sum(axis=1, keepdims=True)
    return np.asarray(nearer + tied * (left / tied.sum(axis=1, keepdims=True)))


def _choose(
    answers: dict[tuple[int, int], np.ndarray], codes: np.ndarray, folds: np.ndarray, fold: int, n_folds: int
) -> int:
    """Index of the C that does best on the other folds, each answered by a training without it and `fold`."""
    others = [other for other in range(n_folds) if other != fold]
    right = [(answers[min(fold, other), max(fold, other)] == codes)[:, folds == other] for other in others]
    return int(np.argmax(np.round(np.mean([part.mean(axis=1) for part in right], axis=0), 9)))


def _answers(vectors: np.ndarray, codes: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Train with each C on all other images; int64 `(n_regularizations, n_images)`, -1 for those trained on."""
    answers = np.full((len(REGULARIZATIONS), len(codes)), -1)
    known = codes[~held_out]
    if len(np.unique(known)) < 2:
        answers[:, held_out] = known[0]
        return answers
    training, others = standardised(vectors[~held_out], vectors[held_out])
    answers[:, held_out] = predict_along(training, known, others, REGULARIZATIONS)
    return answers


@contextlib.contextmanager
def without_solver_warnings() -> Iterator[None]:
    """In float32 scikit-learn's line search can fail to improve a solution that is at the minimum but for rounding."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?i).*line search")
        yield


def standardised(training: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both kinds of rows, standardised as the training rows are, over the root of the number of features; float32."""
    training, others = (np.asarray(rows, np.float64) for rows in (training, others))
    mean = training.mean(axis=0)
    centred = training - mean
    deviation = np.sqrt(np.einsum("ij,ij->j", centred, centred) / len(centred))
    deviation[deviation <= 1e-12 * np.abs(mean)] = 1  # constant but for rounding
    scale = np.where(deviation == 0, 1, deviation) * np.sqrt(training.shape[1])
    return _divided(centred, scale), _divided(others - mean, scale)


def _divided(rows: np.ndarray, scale: np.ndarray) -> np.ndarray:
    divided = np.empty(rows.shape, np.float32)
    np.divide(rows, scale, out=divided, casting="same_kind")
    return divided
