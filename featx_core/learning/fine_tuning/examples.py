"""Training and validation images of a fine-tuning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx_core.base.progress import StageCallback
from featx_core.base.wording import counted
from featx_core.images.duplicates import duplicate_groups, sketch
from featx_core.images.image_set import ImageSet
from featx_core.learning.loop import TrainingError
from featx_core.measures.folds import assign_folds

LOOKING = "Looking for near-duplicates"
MIN_CLASSES = 2  # row 42 of docs/faults.md
MIN_IMAGES = 5
COUNTS_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled images, dealt out to training and validation.

    Attributes:
        images: In an order that depends on their content alone.
        classes: The names of the classes, in reading order.
        codes: The class of each image, int `(n_images,)`.
        groups: Equal and nearly equal images have equal numbers, int `(n_images,)`. A group lies on one side.
        is_validation: Which images are measured on, bool `(n_images,)`.
    """

    images: ImageSet
    classes: tuple[str, ...]
    codes: np.ndarray
    groups: np.ndarray
    is_validation: np.ndarray


def labelled(images: ImageSet, class_names: Sequence[str] = ()) -> ImageSet:
    """Return the images that have one of these labels (none given: any label), sorted by content and name."""
    wanted = set(class_names)
    chosen = [record for record in images if record.label and (not wanted or record.label in wanted)]
    return ImageSet(sorted(chosen, key=lambda record: (record.digest, record.name)))


def check_labels(images: ImageSet, class_names: Sequence[str] = (), *, work: str = "Fine-tuning") -> None:
    """Raise TrainingError, with the counts, unless there are two classes of five images each or more.

    Args:
        images: Those of the workspace.
        class_names: The labels to tell apart; none given: any label.
        work: What needs them, as the message says it.
    """
    counts = Counter(record.label for record in labelled(images, class_names))
    counts.update(dict.fromkeys(class_names, 0))
    if len(counts) >= MIN_CLASSES and min(counts.values()) >= MIN_IMAGES:
        return
    listed = sorted(counts.items(), key=lambda item: (item[1], str(item[0])))
    words = ", ".join(f"{label} {number}" for label, number in listed[:COUNTS_SHOWN])
    more = f" and {len(listed) - COUNTS_SHOWN} more" if len(listed) > COUNTS_SHOWN else ""
    raise TrainingError(
        f"{work} needs at least {MIN_CLASSES} classes with {MIN_IMAGES} labelled images each. Received: "
        f"{words + more if words else 'no labels'}. Label more images, or exclude small classes."
    )


def choose_examples(
    images: ImageSet, classes: Sequence[str], share: float, seed: int, report: StageCallback
) -> Examples:
    """Sort out what is learned from and what is measured on.

    Args:
        images: The labelled images of these classes, as `labelled` gives them.
        classes: The names of the classes.
        share: Of the images that are held out for validation, about.
        seed: Of the split.
        report: Told of images looked at.

    Raises:
        TrainingError: If all images of a class are nearly the same, so that it cannot be on both sides.
    """
    number = {label: code for code, label in enumerate(classes)}
    codes = np.array([number[str(record.label)] for record in images])
    report.stage(LOOKING)
    groups = duplicate_groups(sketch(images, on_progress=report), digests=images.digests)
    for code, label in enumerate(classes):
        if len(np.unique(groups[codes == code])) < 2:
            raise TrainingError(
                f"All {counted(int(np.sum(codes == code)), 'image')} of {label} are near-duplicates, so none can be "
                "held out for validation. Add different images, or exclude the class."
            )
    return Examples(images, tuple(classes), codes, groups, split(codes, groups, share, seed))


def split(codes: np.ndarray, groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Hold images out: about this share of each class, groups whole.

    Of the folds that `assign_folds` deals out after a seeded shuffle, the one is held out that has the most classes while
    each class stays in the rest, too.

    Args:
        codes: The class of each image from 0, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.
        share: From 0.05 to 0.5.
        seed: Of the shuffle.

    Returns:
        bool `(n_images,)`: which images are held out.

    Raises:
        TrainingError: If no class would be left whole otherwise.
    """
    n_folds = min(round(1 / share), len(np.unique(groups)))
    order = np.random.default_rng(seed).permutation(len(codes))
    folds = np.empty(len(codes), np.int64)
    folds[order] = assign_folds(codes[order], groups[order], n_folds)
    n_classes = int(codes.max()) + 1
    fair = [fold for fold in range(n_folds) if len(np.unique(codes[folds != fold])) == n_classes]
    if not fair:
        raise TrainingError(
            "The images cannot be split with each class on both sides: too many are near-duplicates. Add more "
            "different images."
        )
    best = max(fair, key=lambda fold: len(np.unique(codes[folds == fold])))
    return np.asarray(folds == best)
