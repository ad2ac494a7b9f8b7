"""What a suite consists of: pictures to classify, and altered pictures to find again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Describe = Callable[[np.ndarray], np.ndarray]
"""From uint8 `(n, 112, 112, 3)` to float `(n, d)`; each row depends on its own picture alone."""

SIDE = 112

Fold = tuple[np.ndarray, np.ndarray]
"""Rows to train on and rows to test on."""


@dataclass(frozen=True)
class Classification:
    """Pictures with classes.

    Args:
        name: Unique in a suite; also keys the bootstrap draws.
        images: uint8 RGB `(n, 112, 112, 3)`.
        classes: int `(n,)`.
        folds: One or more; test rows of different folds do not overlap.
        groups: int `(n,)`: pictures that are drawn together in the bootstrap.
    """

    name: str
    images: np.ndarray
    classes: np.ndarray
    folds: tuple[Fold, ...]
    groups: np.ndarray


@dataclass(frozen=True)
class Retrieval:
    """Altered pictures whose originals are to be found.

    Args:
        name: Unique in a suite; also keys the bootstrap draws.
        images: uint8 RGB `(n, 112, 112, 3)`, the gallery first.
        n_gallery: How many of them are the gallery.
        answers: int `(n - n_gallery,)`: the gallery row that each query should find.
        groups: int `(n - n_gallery,)`: queries that are drawn together in the bootstrap.
    """

    name: str
    images: np.ndarray
    n_gallery: int
    answers: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class FewLabels:
    """A classification of which only a few training pictures have a label.

    Args:
        source: The whole task.
        draws: For each fold of the source, one or more sets of labelled rows from its training part.
    """

    source: Classification
    draws: tuple[tuple[np.ndarray, ...], ...]


Task = Classification | Retrieval | FewLabels


@dataclass(frozen=True)
class Suite:
    """One line of the table, T1 or D3 for instance: the mean of the scores of its tasks."""

    title: str
    tasks: tuple[Task, ...]


Suites = Mapping[str, Suite]


def source_of(task: Task) -> Classification | Retrieval:
    """Give the task that holds the pictures."""
    return task.source if isinstance(task, FewLabels) else task


def number_of(name: str) -> int:
    """Turn a name into a number for a seed, the same on every machine.

    >>> number_of("julia")
    2248571707
    """
    return zlib.crc32(name.encode())


def halves(generator: np.random.Generator, classes: np.ndarray, n_train: int | None = None) -> Fold:
    """Split rows at random, class by class.

    Args:
        generator: Of the split.
        classes: int `(n,)`.
        n_train: To train on, of each class; None for half of each, rounded down.
    """
    train = [
        generator.permutation(rows)[: len(rows) // 2 if n_train is None else n_train]
        for rows in (np.flatnonzero(classes == each) for each in np.unique(classes))
    ]
    chosen = np.sort(np.concatenate(train))
    return chosen, np.setdiff1d(np.arange(len(classes)), chosen)


def stratified_folds(generator: np.random.Generator, classes: np.ndarray, n_folds: int) -> tuple[Fold, ...]:
    """Deal the rows of each class out to folds at random."""
    fold_of = np.empty(len(classes), int)
    for each in np.unique(classes):
        rows = generator.permutation(np.flatnonzero(classes == each))
        fold_of[rows] = np.arange(len(rows)) % n_folds
    return tuple((np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(n_folds))
