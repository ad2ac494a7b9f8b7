"""Records of trainings: weights, history and results, found by the spec or by the weights."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from featx_core.base.progress import Cancelled
from featx_core.learning.history import History
from featx_core.learning.weight_arrays import write_arrays
from featx_core.workspace.store import DiskFullError
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageSet
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

SECONDS_BETWEEN = 0.3
"""The history of a training under way is written at most so often."""

SECONDS_BETWEEN_KEEPS = 5.0
"""Weights of a training under way are kept at most so often: a worker that does not let go of a job is ended."""

FILE = "file:"


@dataclass(frozen=True)
class TrainedWeights:
    """What a training gave.

    Attributes:
        arrays: The learned weights, in the order in which the method takes them back.
        history: How it went.
        facts: What the method has to tell of it, JSON values.
    """

    arrays: Sequence[np.ndarray]
    history: History
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingRecord:
    """What is known of a training, under way or ended.

    Attributes:
        history: The epochs so far.
        weights: "file:" and the SHA-256 of the artefact; while it goes on, of the best epoch kept so far, or empty.
        facts: What the method has to tell of it, JSON values.
    """

    history: History
    weights: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it came to its own end, so that it need not be done again."""
        return bool(self.weights) and self.history.ending not in ("", "cancelled")

    def to_bytes(self) -> bytes:
        """Write it as JSON."""
        fields = {"history": self.history.to_fields(), "weights": self.weights, "facts": dict(self.facts)}
        return json.dumps(fields).encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            fields = json.loads(content)
            return cls(History.from_fields(fields["history"]), fields["weights"], fields["facts"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"This is not the record of a training: {error}.") from None


def training_key(spec: Spec, images: ImageSet) -> str:
    """Identify a training by its spec and by the images and labels that it learns from.

    Args:
        spec: Before training, without what plays no part in it (such as the layer that is tapped).
        images: With labels, in their order.
    """
    asked = json.dumps([spec.to_json(), image_set_key(images), images.labels])
    return "training:" + hashlib.sha256(asked.encode("ascii")).hexdigest()


def find_record(workspace: Workspace, key: str) -> TrainingRecord | None:
    """Fetch the record of a training, under way or ended; None where there is none that can be read."""
    content = workspace.result(key)
    try:
        return None if content is None else TrainingRecord.from_bytes(content)
    except Exception:  # whatever the content of an edited file makes fail
        return None


def record_of_weights(workspace: Workspace, weights: str) -> TrainingRecord | None:
    """Fetch the record of the training that gave some weights ("file:" and their SHA-256)."""
    return find_record(workspace, _key_of(weights))


def train_once(workspace: Workspace, key: str, name: str, learn: Callable[[Live], TrainedWeights]) -> str:
    """Return the weights of a training: those that are kept under its key, or those that it gives now.

    Args:
        workspace: Takes the weights and the record; the record under way, too, so that pages can draw it.
        key: As `training_key` gives it.
        name: What to call the file of weights.
        learn: Does the training. It is handed what to call with the history after each epoch, which also keeps weights on
            the way.

    Returns:
        "file:" and the SHA-256 of the weights.

    Raises:
        Cancelled: If it was cancelled; the record then names the weights of the best epoch until then.
    """
    kept = find_record(workspace, key)
    if kept is not None and kept.is_whole and kept.weights.removeprefix(FILE) in workspace.artefacts():
        return kept.weights
    live = Live(workspace, key, name)
    live(History())
    learned = learn(live)
    weights = live.finish(learned)
    if learned.history.ending == "cancelled":
        raise Cancelled
    return weights


class Live:
    """Keeps the history of a training under way, and now and then its weights. A full disk does not stop the training.

    Args:
        workspace: Where they are kept.
        key: Of the record.
        name: What to call the file of weights.
    """

    def __init__(self, workspace: Workspace, key: str, name: str) -> None:
        self._workspace, self._key, self._name = workspace, key, name
        self._written, self._kept_at = 0.0, time.monotonic()
        self._weights = self._own = ""  # the last is what no other training had kept before

    def __call__(self, history: History) -> None:
        """Keep the history so far, at most three times a second."""
        if history.epochs and time.monotonic() - self._written < SECONDS_BETWEEN:
            return
        self._written = time.monotonic()
        with contextlib.suppress(DiskFullError):
            self._workspace.put_result(self._key, TrainingRecord(history, self._weights).to_bytes())

    def keep(self, make: Callable[[], TrainedWeights], *, at_once: bool = False) -> None:
        """Keep the best weights so far in place of earlier ones, unless those were kept a moment ago."""
        if at_once or time.monotonic() - self._kept_at > SECONDS_BETWEEN_KEEPS:
            self._kept_at = time.monotonic()
            with contextlib.suppress(DiskFullError):
                self.finish(make())

    def finish(self, learned: TrainedWeights) -> str:
        """Keep what was learned. Gives "file:" and the SHA-256 of the weights."""
        content = write_arrays(learned.arrays)
        others, before = self._workspace.artefacts(), self._own
        self._weights = FILE + self._workspace.put_artefact(self._name, content)
        self._own = "" if self._weights.removeprefix(FILE) in others and self._weights != before else self._weights
        record = TrainingRecord(learned.history, self._weights, learned.facts).to_bytes()
        self._workspace.put_result(self._key, record)
        if self._own or learned.history.ending:  # equal weights of a training that ended keep their record
            self._workspace.put_result(_key_of(self._weights), record)
        if before not in ("", self._weights):
            self._workspace.remove_artefact(before.removeprefix(FILE))
        return self._weights


def _key_of(weights: str) -> str:
    return "trained:" + weights.removeprefix(FILE)
