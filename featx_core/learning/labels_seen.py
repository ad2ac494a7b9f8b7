"""The images whose labels a network was trained on, so that scores by label exclude them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from featx_core.base.wording import counted
from featx_core.learning.record import FILE, record_of_weights
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.learnings import LEARNINGS
from featx_core.specs.spec import Spec

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageSet
    from featx_core.workspace.workspace import Workspace


CAUTION = (
    "This network learned from these labels, so its features tell them apart even where the labels mean nothing. Only images "
    "that its training did not see show how well it does."
)
"""What to say beside whatever shows such features by label."""


def saw_labels(spec: Spec) -> bool:
    """Whether features of a spec come from a network that learned from the labels of its images.

    Such features tell these labels apart however little the labels mean. It also holds for a spec that builds on another one
    of this kind. Weights that were learned elsewhere, such as those of ImageNet, do not count.

    >>> from featx_core.specs.pretrained import Pretrained
    >>> saw_labels(Pretrained()), saw_labels(FineTuned(class_names=("cat", "dog"), weights="file:" + 64 * "0"))
    (False, True)
    """
    return any(True for _ in _trainings(spec))


def images_seen(spec: Spec, workspace: Workspace | None = None) -> frozenset[str] | None:
    """Return the digests of the images whose labels a network learned from.

    Args:
        spec: Trained.
        workspace: Where it was trained: the record of the training tells which images were held out.

    Returns:
        Empty for a spec that did not learn from labels. None where the images are not known, so that it may be any.
    """
    seen: set[str] = set()
    for weights in _trainings(spec):
        record = None if workspace is None else record_of_weights(workspace, weights)
        if record is None or "training" not in record.facts:
            return None
        seen.update(record.facts["training"])
    return frozenset(seen)


def home_of(images: ImageSet | None) -> Workspace | None:
    """Return the workspace that images lie in, whose records tell what networks were trained there; None if there is none."""
    from featx_core.workspace.workspace import Workspace

    found = {id(record.workspace): record.workspace for record in images or ()}
    home = next(iter(found.values()), None)
    return home if len(found) == 1 and isinstance(home, Workspace) else None


def labels_caution(spec: Spec, digests: Collection[str], workspace: Workspace) -> str:
    """Say that features come from a network that learned from the labels they are shown by, and of how many images.

    Args:
        spec: Of the features.
        digests: Of the images that are shown.
        workspace: Where the network was trained.

    Returns:
        Empty for features that did not.
    """
    if not saw_labels(spec):
        return ""
    seen = images_seen(spec, workspace)
    shown = set(digests)
    if seen is None:
        return f"{CAUTION} Which images those are is not known here."
    n_shown = counted(len(shown), "image")
    return f"{CAUTION} Its training saw {len(shown & seen)} of the {n_shown} shown."


def _trainings(spec: Spec) -> Iterator[str]:
    """Name the weights that were learned from labels, in a spec and in those that it builds on."""
    if isinstance(spec, FineTuned) and spec.weights.startswith(FILE):
        yield spec.weights
    if isinstance(spec, CustomSequential) and spec.learned is not None and LEARNINGS[spec.learned].needs_labels:
        yield spec.weights
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if isinstance(value, Spec):
            yield from _trainings(value)
