"""The quality of a fine-tuning, measured on held-out images. Free of TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from featx_core.base.wording import counted
from featx_core.measures.intervals import Interval, share_interval
from featx_core.measures.paired_tests import sign_flip_test

SIGNIFICANT = 0.05


class ClassScore(NamedTuple):
    """How well one class was recognized.

    Attributes:
        name: Of the class.
        n_images: Validation images of it.
        interval: The share classified correctly; None without images.
    """

    name: str
    n_images: int
    interval: Interval | None


@dataclass(frozen=True, eq=False)
class TuningReport:
    """The answers of a fine-tuned network for the validation images, beside those of a linear probe of its frozen base.

    Attributes:
        classes: The names of the classes.
        training_counts: Training images of each class.
        names: The names of the validation images.
        digests: Their content.
        truth: The class of each, int `(n_images,)`.
        predicted: The predicted class, int `(n_images,)`.
        confidence: The probability that it gave to that class, `(n_images,)`. Not calibrated.
        groups: Equal and nearly equal images have equal numbers, int `(n_images,)`.
        probe_correct: Whether the probe, trained on the same images, was right, bool `(n_images,)`.
    """

    classes: tuple[str, ...]
    training_counts: tuple[int, ...]
    names: tuple[str, ...]
    digests: tuple[str, ...]
    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    groups: np.ndarray
    probe_correct: np.ndarray

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Read the facts of a training record.

        Raises:
            ValueError: If they are of something else.
        """
        try:
            return cls(
                classes=tuple(facts["classes"]),
                training_counts=tuple(facts["training_counts"]),
                names=tuple(facts["names"]),
                digests=tuple(facts["digests"]),
                truth=np.array(facts["truth"], np.int64),
                predicted=np.array(facts["predicted"], np.int64),
                confidence=np.array(facts["confidence"], np.float64),
                groups=np.array(facts["groups"], np.int64),
                probe_correct=np.array(facts["probe_correct"], bool),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"These are not the facts of a fine-tuning: {error}.") from None

    @property
    def correct(self) -> np.ndarray:
        """Whether the network classified each image correctly, bool `(n_images,)`."""
        return np.asarray(self.predicted == self.truth)

    @property
    def accuracy(self) -> Interval:
        """The share of validation images classified correctly."""
        return share_interval(self.correct.astype(np.float64), self.groups)

    @property
    def probe(self) -> Interval:
        """The same for the linear probe of the frozen base."""
        return share_interval(self.probe_correct.astype(np.float64), self.groups)

    @property
    def baseline(self) -> float:
        """The share that would be right by always naming the class with the most training images."""
        return float(np.mean(self.truth == int(np.argmax(self.training_counts))))

    @property
    def confusion(self) -> np.ndarray:
        """Count images by true class (rows) and predicted class (columns), int `(n_classes, n_classes)`."""
        counts = np.zeros((len(self.classes),) * 2, np.int64)
        np.add.at(counts, (self.truth, self.predicted), 1)
        return counts

    @property
    def per_class(self) -> list[ClassScore]:
        """How well each class was recognised, with its 95 % interval."""
        return [ClassScore(name, *self._score(code)) for code, name in enumerate(self.classes)]

    @property
    def wrong(self) -> list[int]:
        """Rows of misclassified images, the most confident mistake first."""
        rows = np.flatnonzero(~self.correct)
        return [int(row) for row in rows[np.argsort(-self.confidence[rows], kind="stable")]]

    @property
    def p_value(self) -> float:
        """Of the hypothesis that fine-tuning and the probe are equally often right (exact, groups as units)."""
        return sign_flip_test(self.correct.astype(int) - self.probe_correct.astype(int), self.groups)

    @property
    def verdict(self) -> str:
        """Say plainly whether fine-tuning beats the linear probe of the frozen base."""
        ours, theirs, n_images = int(self.correct.sum()), int(self.probe_correct.sum()), len(self.truth)
        counts = (
            f"On {counted(n_images, 'validation image')}, fine-tuning classifies {ours} correctly and a linear probe "
            f"on the frozen features {theirs}"
        )
        if self.p_value >= SIGNIFICANT:
            return (
                f"Fine-tuning is not better than the frozen backbone. {counts}: no significant difference with this "
                f"number of images (p = {self.p_value:.2g})."
            )
        word = "beats" if ours > theirs else "does worse than"
        return f"Fine-tuning {word} the frozen backbone. {counts} (p = {self.p_value:.2g})."

    def _score(self, code: int) -> tuple[int, Interval | None]:
        rows = self.truth == code
        if not rows.any():
            return 0, None
        return int(rows.sum()), share_interval(self.correct[rows].astype(np.float64), self.groups[rows])
