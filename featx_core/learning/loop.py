"""The training loop: epochs, validation, best weights and stopping."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.progress import Cancelled, StageCallback
from featx_core.learning.batches import Batch, Batches
from featx_core.learning.history import Epoch, History

if TYPE_CHECKING:
    import keras

MAX_EPOCHS = 50  # row 42 of docs/faults.md
MAX_SECONDS = 600.0
FIRST_BATCH_SECONDS = 120.0
"""How long a stage may be silent: the first batch also compiles the network."""

Watch = Callable[[History], None]


class TrainingError(ValueError):
    """Training that is not possible, or that gave nothing, with the reason in plain words."""


def fit(
    model: keras.Model,
    batches: Batches,
    *,
    epochs: int,
    report: StageCallback,
    validation: Batches | None = None,
    phase: str = "training",
    stage: str = "Training",
    patience: int | None = None,
    max_seconds: float = MAX_SECONDS,
    counts_start: bool = False,
    on_epoch: Watch | None = None,
) -> History:
    """Train a compiled model, and leave it with the weights of its best epoch.

    Works for whatever `model.train_on_batch` can train: a model with a loss, or a subclass with its own `compute_loss`.
    Build, compile and fit inside of `seeded`, then a seed repeats bit for bit on one machine (unless the time limit ends it).
    The best epoch is the one of the lowest loss on the validation examples, without those on the training examples.

    Args:
        model: Compiled. Its weights are changed.
        batches: The training examples.
        epochs: How many at most.
        report: Told of batches done and batches in all. When it raises `Cancelled`, the history says so; without a
            finished epoch, `Cancelled` goes through.
        validation: Examples to measure on after each epoch.
        phase: What to call the epochs in the history.
        stage: What the user reads meanwhile.
        patience: Epochs without a better one after which it stops early; None never does.
        max_seconds: How long it may take; the first epoch is finished in any case.
        counts_start: Whether the weights at the beginning are kept if no epoch has a lower validation loss. The history's
            `best` is then -1.
        on_epoch: Told the history after each epoch.

    Returns:
        The epochs, the best one, and why it ended.

    Raises:
        TrainingError: If the loss is no number before a first epoch was finished.
        Cancelled: If `report` raises it before then.
    """
    run = _Fit(model, batches, validation, report, phase, time.monotonic() + max_seconds)
    model.jit_compile = False  # slower on this CPU
    report.stage(stage, limit_seconds=FIRST_BATCH_SECONDS)
    ending = "finished"
    try:
        if counts_start and validation is not None:
            run.keep_start()
        for number in range(epochs):
            run.one_epoch(number, epochs)
            if on_epoch is not None:
                on_epoch(run.history(""))
            if patience is not None and run.n_worse >= patience:
                ending = "settled"
                break
    except _NotANumber:
        ending = "diverged"
    except TimeoutError:
        ending = "time"
    except Cancelled:
        if run.weights is None:
            raise
        ending = "cancelled"
    run.restore(ending)
    return run.history(ending)


class _NotANumber(Exception):  # noqa: N818 - a signal, not a fault
    """The loss or a weight is not finite any more."""


@dataclass
class _Fit:
    """A training under way."""

    model: keras.Model
    batches: Batches
    validation: Batches | None
    report: StageCallback
    phase: str
    until: float
    epochs: list[Epoch] = field(default_factory=list)
    best: int = -1
    lowest: float = np.inf
    weights: list[np.ndarray] | None = None

    @property
    def n_worse(self) -> int:
        return len(self.epochs) - 1 - self.best

    def history(self, ending: str) -> History:
        return History(tuple(self.epochs), self.best, ending)

    def keep_start(self) -> None:
        self.lowest = self._validated()["loss"]
        self.weights = self.model.get_weights()

    def one_epoch(self, number: int, epochs: int) -> None:
        started = time.perf_counter()
        mean = _Mean()
        for index, batch in enumerate(self.batches.epoch(number)):
            self.report(number * len(self.batches) + index, epochs * len(self.batches))
            if self.epochs and time.monotonic() > self.until:
                raise TimeoutError
            mean.add(self.model.train_on_batch(*batch, return_dict=True), batch)
        metrics = mean.values()
        _check(metrics)
        if self.validation is not None:
            metrics |= {f"val_{name}": value for name, value in self._validated().items()}
        self._keep(metrics, time.perf_counter() - started)

    def _validated(self) -> dict[str, float]:
        mean = _Mean()
        for batch in self.validation.epoch(0) if self.validation is not None else ():
            mean.add(self.model.test_on_batch(*batch, return_dict=True), batch)
        _check(mean.values())
        return mean.values()

    def _keep(self, metrics: Mapping[str, float], seconds: float) -> None:
        weights = self.model.get_weights()
        if not all(np.isfinite(array).all() for array in weights):
            raise _NotANumber
        self.epochs.append(Epoch(self.phase, metrics, seconds))
        loss = metrics.get("val_loss", metrics["loss"])
        if loss < self.lowest:
            self.lowest, self.best, self.weights = loss, len(self.epochs) - 1, weights

    def restore(self, ending: str) -> None:
        if self.weights is None:
            raise TrainingError(
                "Training stopped in its first epoch: the loss became NaN, so nothing was learned. Choose a smaller "
                "learning rate."
            )
        if ending != "finished" or self.n_worse:
            self.model.set_weights(self.weights)


@dataclass
class _Mean:
    """The means of metrics over batches, weighted by their examples."""

    sums: dict[str, float] = field(default_factory=dict)
    n_examples: int = 0

    def add(self, metrics: Mapping[str, float], batch: Batch) -> None:
        n_examples = len(batch[0])
        if not np.isfinite(metrics["loss"]):
            raise _NotANumber
        self.n_examples += n_examples
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + n_examples * float(value)

    def values(self) -> dict[str, float]:
        return {name: total / self.n_examples for name, total in self.sums.items()}


def _check(metrics: Mapping[str, float]) -> None:
    if not np.isfinite(metrics["loss"]):
        raise _NotANumber
