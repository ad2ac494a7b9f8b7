"""Batches of training data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

Batch = tuple[Any, ...]
"""`(inputs,)`, `(inputs, targets)` or `(inputs, targets, weights)`, as Keras takes them."""

Change = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""Called with inputs, their rows in the whole and the number of the epoch; gives inputs to use in their place."""


class Batches(Protocol):
    """A set of examples that deals out new batches for each epoch."""

    def __len__(self) -> int:
        """Count the batches of one epoch."""

    def epoch(self, number: int) -> Iterator[Batch]:
        """Return the batches of one epoch, from 0. The same number gives the same batches."""


class ArrayBatches:
    """Batches of arrays in memory, reshuffled for each epoch.

    Args:
        inputs: `(n_examples, ...)`. Not modified.
        targets: `(n_examples, ...)`, or None.
        weights: The weight of each example, `(n_examples,)`, or None.
        batch_size: Examples a batch; the last one may hold fewer.
        seed: Of the order. None keeps the order of the arrays, as is right for validation.
        change: What is done to the inputs of each batch, such as augmentation.

    Raises:
        ValueError: If there is no example, the lengths differ, or `batch_size` is below 1.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        targets: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        *,
        batch_size: int,
        seed: int | None = None,
        change: Change | None = None,
    ) -> None:
        lengths = {len(part) for part in (inputs, targets, weights) if part is not None}
        if lengths == {0} or len(lengths) != 1:
            raise ValueError(
                f"`inputs`, `targets` and `weights` must have one length, at least 1. Received: {sorted(lengths)}."
            )
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1. Received: {batch_size}.")
        self._inputs, self._others = inputs, (targets, weights)
        self._batch_size, self._seed, self._change = batch_size, seed, change

    def __len__(self) -> int:
        """Count the batches of one epoch."""
        return -(-len(self._inputs) // self._batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Return the batches of one epoch, from 0."""
        order = np.arange(len(self._inputs))
        if self._seed is not None:
            order = np.random.default_rng([self._seed, number]).permutation(order)
        for start in range(0, len(order), self._batch_size):
            rows = order[start : start + self._batch_size]
            inputs = self._inputs[rows]
            if self._change is not None:
                inputs = self._change(inputs, rows, number)
            targets, weights = (None if part is None else part[rows] for part in self._others)
            yield (inputs, targets, weights)
