"""What a network sees in a whole set: counts by class, what it is least sure of, and where it is at odds with the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from featx_core.base.labels import label_text
from featx_core.predictions.predictions import Predictions

MIN_IMAGES = 4
"""Images of one label that it takes to say which classes are usual for it."""

MAJORITY = 0.5
"""The usual classes of a label are those that together make up more than this share of its images."""


@dataclass(frozen=True)
class ClassOfImages:
    """One predicted class and its images.

    Attributes:
        name: Of the class.
        rows: Of its images, the highest score first.
        mean_score: Of the class on these images.
    """

    name: str
    rows: tuple[int, ...]
    mean_score: float


@dataclass(frozen=True)
class LabelAndClasses:
    """One label and what the network calls its images.

    Attributes:
        label: The label.
        n_images: How many images of it were named.
        counts: Predicted class and number of images, the most frequent first.
        usual: The fewest most frequent classes that make up more than half of the images; none where there are too few
            images, or every class comes once.
        unlike: Rows of the images none of whose three best classes is usual, the highest score first.
    """

    label: str
    n_images: int
    counts: tuple[tuple[str, int], ...]
    usual: tuple[str, ...]
    unlike: tuple[int, ...]


def classes_of(predictions: Predictions, digests: Sequence[str]) -> list[ClassOfImages]:
    """List the predicted classes of a set, the most frequent first.

    Args:
        predictions: Of some or all of the images.
        digests: Of each image. Equal images are all counted.
    """
    rows: dict[str, list[tuple[float, int]]] = {}
    for row, digest in enumerate(digests):
        best = predictions.best(digest)
        if best is not None:
            rows.setdefault(best.name, []).append((best.score, row))
    found = [
        ClassOfImages(name, _by_score(pairs), sum(score for score, _ in pairs) / len(pairs))
        for name, pairs in rows.items()
    ]
    return sorted(found, key=lambda each: (-len(each.rows), each.name))


def least_sure(predictions: Predictions, digests: Sequence[str]) -> list[int]:
    """List the rows of the images that have a name, the lowest score of the best class first."""
    scores = [(best.score, row) for row, digest in enumerate(digests) if (best := predictions.best(digest)) is not None]
    return [row for _, row in sorted(scores)]


def labels_and_classes(
    predictions: Predictions, digests: Sequence[str], labels: Sequence[str | None]
) -> list[LabelAndClasses]:
    """Compare labels with predicted classes: for each label what the network calls its images, and which images stand out.

    A label need not be an ImageNet class: what counts is whether the network calls an image as it calls most of its label.

    Args:
        predictions: Of some or all of the images.
        digests: Of each image.
        labels: Of each image; images without one are left out.

    Returns:
        One entry a label, in the order in which the labels first come.
    """
    rows: dict[str, list[int]] = {}
    for row, (digest, label) in enumerate(zip(digests, labels, strict=True)):
        text = label_text(label)
        if text is not None and digest in predictions:
            rows.setdefault(text, []).append(row)
    return [_compared(label, found, predictions, digests) for label, found in rows.items()]


def _compared(label: str, rows: Sequence[int], predictions: Predictions, digests: Sequence[str]) -> LabelAndClasses:
    best = {row: predictions[digests[row]] for row in rows}
    tally = Counter(three[0].name for three in best.values())
    counts = tuple(sorted(tally.items(), key=lambda pair: (-pair[1], pair[0])))
    usual = _usual(counts, len(rows))
    unlike = [
        (three[0].score, row) for row, three in best.items() if usual and not {each.name for each in three} & set(usual)
    ]
    return LabelAndClasses(label, len(rows), counts, usual, _by_score(unlike))


def _usual(counts: Sequence[tuple[str, int]], n_images: int) -> tuple[str, ...]:
    if n_images < MIN_IMAGES or counts[0][1] == 1:
        return ()
    found: list[str] = []
    n_covered = 0
    for name, count in counts:
        if n_covered > MAJORITY * n_images:
            break
        found.append(name)
        n_covered += count
    return tuple(found)


def _by_score(pairs: Sequence[tuple[float, int]]) -> tuple[int, ...]:
    return tuple(row for _, row in sorted(pairs, key=lambda pair: (-pair[0], pair[1])))
