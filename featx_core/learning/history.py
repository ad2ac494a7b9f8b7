"""The history of a training, epoch by epoch. Free of TensorFlow: pages read it during training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "": "Training is still running.",
        "finished": "All epochs were completed.",
        "settled": "Stopped early: no improvement for several epochs.",
        "time": "Stopped at the time limit.",
        "diverged": "Stopped because the loss became NaN; the last good epoch was kept.",
        "cancelled": "Cancelled; the best epoch so far was kept.",
    }
)
"""How a training ends, with what a user reads."""


@dataclass(frozen=True)
class Epoch:
    """One pass over all examples.

    Attributes:
        phase: The part of the training that it belongs to, such as "head".
        metrics: "loss" and others, over the training examples as they were met; with "val_" before the name over the
            validation examples after the epoch.
        seconds: How long it took, with validation.
    """

    phase: str
    metrics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class History:
    """The epochs of a training, in order, and how it ended.

    Attributes:
        epochs: The epochs that came to their end with numbers.
        best: Index of the epoch whose weights were kept; -1 where none is.
        ending: A key of `ENDINGS`.
    """

    epochs: tuple[Epoch, ...] = ()
    best: int = -1
    ending: str = ""

    @property
    def seconds(self) -> float:
        """Total duration of all epochs."""
        return sum(epoch.seconds for epoch in self.epochs)

    @property
    def phases(self) -> tuple[str, ...]:
        """The parts of the training, in order, each once."""
        return tuple(dict.fromkeys(epoch.phase for epoch in self.epochs))

    def curve(self, metric: str) -> list[tuple[int, float]]:
        """Return the epochs that have a metric, numbered from 1, with its values."""
        return [(i, epoch.metrics[metric]) for i, epoch in enumerate(self.epochs, start=1) if metric in epoch.metrics]

    def then(self, later: History) -> History:
        """Append the next part of the same training. Its best epoch counts, unless it has none."""
        best = self.best if later.best < 0 else len(self.epochs) + later.best
        return History(self.epochs + later.epochs, best, later.ending)

    def to_fields(self) -> dict[str, Any]:
        """Write it as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_fields` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            epochs = tuple(Epoch(**epoch) for epoch in fields["epochs"])
            return cls(epochs, int(fields["best"]), str(fields["ending"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"This is not the history of a training: {error}.") from None
