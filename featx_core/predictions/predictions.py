"""Predictions: the best classes of each image, with scores."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from featx_core.backbones.imagenet_classes import class_names
from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.base.wording import score_words

N_BEST = 3
"""Classes that are kept of each image."""

ABOUT_SCORES = (
    "A score is the softmax over 1 000 ImageNet classes. It is not the probability that the name is right: what is none "
    "of these classes gets a name, too."
)


@dataclass(frozen=True)
class Prediction:
    """One class of one image.

    Attributes:
        index: The number of the class, from 0.
        name: Of the class.
        score: Its softmax, in [0, 1].
    """

    index: int
    name: str
    score: float

    @property
    def words(self) -> str:
        """Name and score.

        >>> Prediction(281, "tabby cat", 0.7129).words
        'tabby cat, 0.71'
        """
        return f"{self.name}, {score_words(self.score)}"


@dataclass(frozen=True, eq=False)
class Predictions:
    """The three best classes of each image of a set.

    Attributes:
        network: What named them, such as "EfficientNet-Lite0".
        digests: SHA-256 of each image, each once.
        classes: int32 `(n_images, 3)`, numbers of classes, the best first.
        scores: float32 `(n_images, 3)`, their softmax over all 1 000 classes.
        skipped: Name and reason of images that could not be read.
    """

    network: str
    digests: tuple[str, ...]
    classes: np.ndarray
    scores: np.ndarray
    skipped: tuple[tuple[str, str], ...] = field(default=())

    @cached_property
    def _places(self) -> dict[str, int]:
        return {digest: place for place, digest in enumerate(self.digests)}

    def __len__(self) -> int:
        return len(self.digests)

    def __iter__(self) -> Iterator[str]:
        return iter(self.digests)

    def __contains__(self, digest: str) -> bool:
        return digest in self._places

    def __getitem__(self, digest: str) -> tuple[Prediction, ...]:
        """Return the three best classes of one image, the best first.

        Raises:
            KeyError: If there is none of the digest.
        """
        place = self._places[digest]
        pairs = zip(self.classes[place].tolist(), self.scores[place].tolist(), strict=True)
        return tuple(Prediction(index, class_names()[index], score) for index, score in pairs)

    def best(self, digest: str) -> Prediction | None:
        """Return the best class of one image, None where it has none."""
        return self[digest][0] if digest in self else None

    def words(self, digests: Sequence[str | None]) -> list[str]:
        """Name what each image is, such as "tabby cat, 0.71"; empty where that is not known."""
        found = [None if digest is None else self.best(digest) for digest in digests]
        return ["" if best is None else best.words for best in found]

    def to_bytes(self) -> bytes:
        """Write it as npz, without pickle."""
        facts = {"network": self.network, "digests": self.digests, "skipped": self.skipped}
        buffer = io.BytesIO()
        np.savez(buffer, classes=self.classes, scores=self.scores, facts=np.array(json.dumps(facts)))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Predictions:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            arrays = unpack_arrays(content)
            facts = json.loads(str(arrays["facts"]))
            skipped = tuple((name, reason) for name, reason in facts["skipped"])
            digests = tuple(facts["digests"])
            made = cls(facts["network"], digests, arrays["classes"], arrays["scores"], skipped)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("`content` must be what `Predictions.to_bytes` wrote. Received something else.") from error
        made._check()
        return made

    def _check(self) -> None:
        shape = (len(self.digests), N_BEST)
        if not (
            self.classes.shape == self.scores.shape == shape
            and self.classes.dtype == np.int32
            and self.scores.dtype == np.float32
            and np.all((self.classes >= 0) & (self.classes < len(class_names())))
        ):
            raise ValueError(f"`classes` and `scores` must have shape {shape}. Received: {self.classes.shape}.")
