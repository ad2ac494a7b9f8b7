"""The subset of images that a comparison uses, in an order that does not depend on theirs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.labels import label_texts
from featx_core.base.wording import counted, spaced
from featx_core.measures.folds import N_FOLDS, as_groups, assign_folds
from featx_core.measures.probes import FEW, has_few

MAX_IMAGES = 2_000
"""Scores are measured on so many images at most: the probes' time grows with the cube of their number."""

MAX_SIMILARITY_IMAGES = 1_000
"""Spaces are compared on so many images at most: memory grows with the square of their number."""

MIN_GROUPS_A_LABEL = 2
"""With one image, or near-duplicates of one, a label cannot be learnt and tested."""


@dataclass(frozen=True, eq=False)
class Subset:
    """The images that a comparison looks at, in the order of their keys.

    Attributes:
        rows: Which of all images, int64 `(n_images,)`.
        keys: What names the content of each.
        groups: The group of each, int64 `(n_images,)`.
        representatives: Which of `rows` stand for their groups: one image a group, int64 `(n_groups,)`.
        probed: Which of `rows` have a label that can be learnt, int64 `(n_probed,)`; empty without labels.
        codes: The label of each of `probed` as a number from 0, int64 `(n_probed,)`.
        folds: The fold of each of `probed`, the same for all extractors, int64 `(n_probed,)`.
        label_names: The name of each code.
        notes: Sentences on what was left out.
        has_any_label: Whether any image has a label, even if there are too few to learn from.
        digest: Names all that a score depends on besides the features: images, groups, labels but not how they are called.
        n_all: How many images it was chosen from.
        noun: What to call one of them in words.
    """

    rows: np.ndarray
    keys: tuple[str, ...]
    groups: np.ndarray
    representatives: np.ndarray
    probed: np.ndarray
    codes: np.ndarray
    folds: np.ndarray
    label_names: tuple[str, ...]
    notes: tuple[str, ...]
    has_any_label: bool
    digest: str
    n_all: int
    noun: str = "image"

    @property
    def has_labels(self) -> bool:
        """Whether scores by label are possible: at least two labels that can be learnt, and groups enough for all folds."""
        return len(self.probed) > 0

    @property
    def probed_groups(self) -> np.ndarray:
        """The group of each of `probed`."""
        return np.asarray(self.groups[self.probed])


def choose_subset(
    keys: Sequence[str],
    labels: Sequence[Any] | None,
    groups: Sequence[Any] | np.ndarray | None,
    *,
    noun: str = "image",
) -> Subset:
    """Choose the images to look at and deal them out to folds.

    Args:
        keys: Names each image by its content, such as its digest. Images with equal keys belong to one group.
        labels: The label of each image, see `label_text`. None: without labels.
        groups: The group of each image, such as near-duplicates. None: equal keys only.
        noun: What to call one of them in words: "row" when they are not images.

    Returns:
        The same choice whatever the order of images and the names of labels.

    Raises:
        ValueError: If the numbers of entries differ.
    """
    n_images = len(keys)
    if labels is not None and len(labels) != n_images:
        raise ValueError(f"`labels` must have one entry for each of {n_images} images. Received: {len(labels)}.")
    joined = _join(keys, as_groups(groups, n_images))
    named = label_texts(labels) if labels is not None else [None] * n_images
    rows = _ordered(keys, joined, named)
    notes = []
    if len(rows) < n_images:
        notes.append(
            f"Measured on {spaced(len(rows))} of {spaced(n_images)} {noun}s, drawn at random; near-duplicates stay together."
        )
    groups_here = np.unique(joined[rows], return_inverse=True)[1]
    groups_here = _numbered(groups_here)
    if int(groups_here.max(initial=-1)) >= MAX_SIMILARITY_IMAGES:
        notes.append(f"The similarity of spaces is measured on {spaced(MAX_SIMILARITY_IMAGES)} of them.")
    probed, codes, names, left_out = _probed([named[row] for row in rows], groups_here, noun)
    folds = assign_folds(codes, groups_here[probed]) if len(probed) else np.zeros(0, np.int64)
    if len(probed) and has_few(codes, groups_here[probed]):
        left_out.append(
            f"There are fewer than {FEW} {noun}s a label: the intervals are approximate and may be too narrow."
        )
    keys_here = tuple(keys[row] for row in rows)
    digest = _digest(keys_here, groups_here, probed, codes)
    representatives = np.unique(groups_here, return_index=True)[1]
    chosen = rows, keys_here, groups_here, representatives, probed, codes, folds, names
    return Subset(*chosen, (*notes, *left_out), any(named), digest, n_images, noun)


def _join(keys: Sequence[str], groups: np.ndarray) -> np.ndarray:
    """Groups that hold images of one key become one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, contents = np.unique(np.asarray(keys), return_inverse=True)
    n_groups = int(groups.max(initial=-1)) + 1
    size = n_groups + int(contents.max(initial=-1)) + 1
    links = coo_array((np.ones(len(keys), bool), (groups, n_groups + contents)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1][groups])


def _ordered(keys: Sequence[str], groups: np.ndarray, labels: Sequence[str | None]) -> np.ndarray:
    """Rows by key, whole groups up to the limit. Keys are digests: their order has nothing to do with the images."""
    rows = sorted(range(len(keys)), key=lambda row: (keys[row], labels[row] or ""))
    if len(rows) <= MAX_IMAGES:
        return np.array(rows, np.int64)
    members: dict[int, list[int]] = {}
    for row in rows:
        members.setdefault(int(groups[row]), []).append(row)
    kept: set[int] = set()
    for part in members.values():
        if len(kept) + len(part) > MAX_IMAGES:
            break
        kept.update(part)
    return np.array([row for row in rows if row in kept], np.int64)


def _numbered(groups: np.ndarray) -> np.ndarray:
    """Number groups in the order in which they come."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _probed(
    labels: Sequence[str | None], groups: np.ndarray, noun: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...], list[str]]:
    members: dict[str, set[int]] = {}
    for label, group in zip(labels, groups.tolist(), strict=True):
        if label is not None:
            members.setdefault(label, set()).add(group)
    known = {label for label, found in members.items() if len(found) >= MIN_GROUPS_A_LABEL}
    notes = _left_out(labels, set(members) - known, noun)
    n_groups = len(set().union(*(members[label] for label in known))) if known else 0
    if len(known) < 2 or n_groups < N_FOLDS:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, (), notes
    numbers: dict[str, int] = {}
    probed = [row for row, label in enumerate(labels) if label in known]
    codes = [numbers.setdefault(str(labels[row]), len(numbers)) for row in probed]
    return np.array(probed, np.int64), np.array(codes, np.int64), tuple(numbers), notes


def _left_out(labels: Sequence[str | None], lonely: set[str], noun: str) -> list[str]:
    notes = []
    n_without = sum(label is None for label in labels)
    if 0 < n_without < len(labels):
        notes.append(f"{counted(n_without, noun)} without a label left out of the scores by label.")
    if lonely:
        n_images = sum(label in lonely for label in labels)
        notes.append(
            f"{counted(len(lonely), 'label')} with a single {noun} each, not counting near-duplicates, left out of the "
            f"scores by label ({counted(n_images, noun)})."
        )
    return notes


def _digest(keys: Sequence[str], groups: np.ndarray, probed: np.ndarray, codes: np.ndarray) -> str:
    text = json.dumps([list(keys), groups.tolist(), probed.tolist(), codes.tolist()])
    return hashlib.sha256(text.encode("ascii", "backslashreplace")).hexdigest()
