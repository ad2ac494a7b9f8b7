"""Which differences between extractors are statistically significant."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from featx_core.base.wording import counted
from featx_core.measures.chance import balanced_interval, chance_test
from featx_core.measures.paired_tests import difference_interval, holm, paired_test

ALPHA = 0.05
"""How often a verdict may name a difference where there is none, over all pairs together."""

MIN_GROUPS = 20
"""Different images with labels, below which there is no verdict."""

MIN_GROUPS_A_LABEL = 5
"""Different images that at least two labels must have for a verdict."""


@dataclass(frozen=True)
class Difference:
    """How much better one extractor is than another, by the linear probe.

    Attributes:
        first: The one with the higher score (by name where they are equal).
        second: The other, or a baseline.
        difference: Of their shares of right answers, 0 or more. Against chance: of balanced accuracy and chance.
        low: Where its 95 % interval begins.
        high: Where it ends.
        p: Of the test by itself.
        p_corrected: Corrected for the number of pairs (Holm).
        is_real: Whether the corrected one is below 0.05.
        n_images: On how many images: fewer where one of the two has learned from labels, see `Answers`.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float
    is_real: bool
    n_images: int


@dataclass(frozen=True, eq=False)
class Answers:
    """What the linear probes of some extractors answered to the same images.

    Attributes:
        codes: The label of each image as a number from 0, `(n_images,)`.
        groups: The group of each image, `(n_images,)`: images of one group count as one.
        folds: The fold in which each image was held out, `(n_images,)`.
        predicted: For each extractor the label that was predicted for each image, `(n_images,)`.
        usable: For each extractor that learned from labels, the images whose labels it did not learn from, bool
            `(n_images,)`. The others are compared on all images.
    """

    codes: np.ndarray
    groups: np.ndarray
    folds: np.ndarray
    predicted: Mapping[str, np.ndarray]
    usable: Mapping[str, np.ndarray] = field(default_factory=dict)

    def rows(self, *names: str) -> np.ndarray:
        """List the images that some extractors are compared on."""
        known = [self.usable[name] for name in names if name in self.usable]
        return np.flatnonzero(np.logical_and.reduce(known)) if known else np.arange(len(self.codes))

    def is_enough(self, *names: str) -> bool:
        """Whether these images allow a verdict."""
        rows = self.rows(*names)
        return too_little(self.codes[rows], self.groups[rows]) is None

    def correct(self, name: str) -> np.ndarray:
        """Say which answers of an extractor are right, 0 or 1, `(n_images,)`."""
        return np.asarray((self.predicted[name] == self.codes).astype(np.float64))


def find_differences(answers: Answers, *, against: str | None = None) -> list[Difference]:
    """Test each pair of extractors on the same images.

    Args:
        answers: Of all of them.
        against: The name of a baseline among them. Each extractor is then tested against it alone, and comes first in its
            pair. None: there is no baseline among them.

    Returns:
        One entry a pair, in the order of the names. Pairs with too few images in common are left out.
    """
    names = sorted(name for name in answers.predicted if name != against)
    pairs = itertools.combinations(names, 2) if against is None else ((name, against) for name in names)
    tested = [_Pair(answers, *pair, is_ranked=against is None) for pair in pairs if answers.is_enough(*pair)]
    corrected = holm([pair.p for pair in tested])
    return [pair.difference(p) for pair, p in zip(tested, corrected, strict=True)]


def above_chance(answers: Answers, name: str) -> list[Difference]:
    """Test whether each extractor does better than chance, which knows how frequent labels are and nothing else.

    Args:
        answers: Of all of them. Extractors with too few images are left out.
        name: What to call chance.

    Returns:
        One entry an extractor: balanced accuracy less that of chance, and `chance_test`.
    """
    found = []
    for each in sorted(name for name in answers.predicted if answers.is_enough(name)):
        rows = answers.rows(each)
        parts = answers.codes[rows], answers.predicted[each][rows]
        chance = 1 / len(np.unique(parts[0]))
        share, low, high = (end - chance for end in balanced_interval(*parts, answers.groups[rows]))
        found.append(
            (each, (share, low, high), chance_test(*parts, answers.folds[rows], answers.groups[rows]), len(rows))
        )
    corrected = holm([p for _, _, p, _ in found])
    return [
        Difference(each, name, *ends, p, p_corrected, p_corrected < ALPHA, n_images)
        for (each, ends, p, n_images), p_corrected in zip(found, corrected, strict=True)
    ]


class _Pair:
    """Two extractors on the images that both may be compared on."""

    def __init__(self, answers: Answers, first: str, second: str, *, is_ranked: bool) -> None:
        rows = answers.rows(first, second)
        right = {name: answers.correct(name)[rows] for name in (first, second)}
        if is_ranked:
            first, second = sorted(right, key=lambda name: (-float(np.sum(right[name])), name))
        self._names, self._groups = (first, second), answers.groups[rows]
        self._apart = right[first] - right[second]
        self.p = paired_test(self._apart, self._groups)

    def difference(self, p_corrected: float) -> Difference:
        interval = difference_interval(self._apart, self._groups)
        is_real = p_corrected < ALPHA and float(np.sum(self._apart)) > 0
        return Difference(*self._names, *interval, self.p, p_corrected, is_real, len(self._apart))


def too_little(codes: np.ndarray, groups: np.ndarray, noun: str = "image") -> str | None:
    """Say that there is too little data for a verdict; None when there is enough.

    Args:
        codes: The label of each image, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.
        noun: What to call one of them.
    """
    n_groups = len(np.unique(groups))
    sizes = sorted((len(np.unique(groups[codes == code])) for code in np.unique(codes)), reverse=True)
    if n_groups >= MIN_GROUPS and len(sizes) > 1 and sizes[1] >= MIN_GROUPS_A_LABEL:
        return None
    return (
        f"Too little data for a verdict: {counted(n_groups, f'different {noun}')} of {counted(len(sizes), 'label')}. "
        f"At least {MIN_GROUPS}, and {MIN_GROUPS_A_LABEL} each of two labels."
    )
