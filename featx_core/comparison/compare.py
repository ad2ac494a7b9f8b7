"""Comparison of extractors, for notebooks and for the app: scores, similarities and a verdict."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from featx_core.base.progress import ProgressCallback, StageCallback, Stages
from featx_core.comparison.assembly import assemble
from featx_core.comparison.inputs import Inputs, align
from featx_core.comparison.scores import PreparedSpace, find_geometry, prepare_space, score_extractor, score_pair
from featx_core.comparison.subset import Subset, choose_subset
from featx_core.comparison.tables import CHANCE, COLORS, Comparison, Facts
from featx_core.measures.probes import N_TRAININGS

if TYPE_CHECKING:
    from featx_core.extraction.features import Features
    from featx_core.images.image_set import ImageSet
    from featx_core.workspace.workspace import Workspace

__all__ = ["CHANCE", "COLORS", "Comparison", "Facts", "Inputs", "Keeper", "compare", "compare_spaces"]

SCORING = "Scoring {}"
PAIRING = "Comparing the spaces"
SILENT_SECONDS = 300.0
"""How long a stage may be silent: reading features and the measures besides the probe report nothing."""

Score = Mapping[str, Any]


class Keeper(Protocol):
    """Keeps scores, so that none is computed twice.

    Both methods give what is kept, or call `compute`, keep what it gives and give that. Results are JSON values. They depend
    on the features, on `subset_digest` and on `featx_core.comparison.scores.SCORES_VERSION`, and on nothing else, so those
    three make the key. Whatever is kept when `Cancelled` ends a comparison need not be computed by the next one.
    """

    def score(self, name: str, subset_digest: str, compute: Callable[[], Score]) -> Score:
        """Return the scores of one extractor.

        Args:
            name: What the extractor is called, or `COLORS`.
            subset_digest: Names images, groups and labels, see `Subset`.
            compute: Loads the features and measures them.
        """

    def pair(self, names: tuple[str, str], subset_digest: str, compute: Callable[[], Score]) -> Score:
        """Return the similarity of two extractors.

        Args:
            names: In alphabetical order. The result does not depend on the order.
            subset_digest: As for `score`.
            compute: Loads the features of both and compares them.
        """


class KeepNothing:
    """A keeper that keeps nothing and always computes."""

    def score(self, name: str, subset_digest: str, compute: Callable[[], Score]) -> Score:
        """Compute the scores of one extractor."""
        return compute()

    def pair(self, names: tuple[str, str], subset_digest: str, compute: Callable[[], Score]) -> Score:
        """Compute the similarity of two extractors."""
        return compute()


def compare(
    features: Mapping[str, Features | np.ndarray],
    labels: Sequence[Any] | None = None,
    *,
    images: ImageSet | None = None,
    groups: Sequence[Any] | np.ndarray | None = None,
    color_histograms: np.ndarray | None = None,
    workspace: Workspace | None = None,
    on_progress: ProgressCallback | None = None,
) -> Comparison:
    """Compare extractors on the same images: scores with intervals, similarities beside their noise floors, a verdict.

    The order of extractors, images and labels changes no number. Above 2 000 images, a sample is looked at. An extractor
    that has learned from labels is scored on images that were not used in its training, and left out of the verdict where these
    are too few.

    Args:
        features: For each extractor, by what to call it, its features: `Features`, or `(n_images, n_features)`. One at
            least. Not modified.
        labels: The label of each image: a text, a number or a boolean; None, NaN or "" where it has none. Without labels
            there is no ranking.
        images: The images, when they are at hand: near-duplicates are then found, and colours compared. Features are
            matched to them by name, else by content.
        groups: The group of each image; images of one group are never on both sides of a test. None: the near-duplicates
            among `images`; without them, images whose features are equal.
        color_histograms: `(n_images, n_colors)`, the baseline. None: from `images`, else without it.
        workspace: Where extractors were trained: its records tell which images a training did not see. None: where `images`
            lie. If nothing is known there, one that learned from labels is left out of the scores by label.
        on_progress: Called with steps done and steps in all; one with a method `stage` is told each stage instead.

    Returns:
        Plain tables and a verdict in words.

    Raises:
        ValueError: If there are no features, or they are not of the same images.

    >>> rng = np.random.default_rng(0)
    >>> labels = ["cat", "dog"] * 40
    >>> shift = np.array([0.0, 9.0] * 40)[:, None]
    >>> compare({"a": rng.normal(size=(80, 4)) + shift, "b": rng.normal(size=(80, 4))}, labels).verdict
    'a is better than b with 80 images. b does no better than chance.'
    """
    given = align(
        features, labels, images=images, groups=groups, color_histograms=color_histograms, workspace=workspace
    )
    if isinstance(on_progress, StageCallback):
        return compare_spaces(given, report=on_progress)
    steps = _Steps(on_progress, given)
    found = compare_spaces(given, report=steps)
    steps.finish()
    return found


def compare_spaces(given: Inputs, *, keeper: Keeper | None = None, report: StageCallback | None = None) -> Comparison:
    """Compare feature spaces of the same images. Features are loaded only where a score is missing.

    Args:
        given: The spaces, and what is known of them and of the images.
        keeper: Where scores are kept. None computes all of them.
        report: Told of the stages "Scoring ..." and "Comparing the spaces", and of the steps of each: trainings, then pairs.
            A stage without anything to compute is not begun.
    """
    subset = choose_subset(given.keys, given.labels, given.groups, noun=given.noun)
    work = _Comparing(given, subset, keeper or KeepNothing(), report or Stages())
    scores = {name: work.score(name) for name in given.spaces}
    colors = None if given.colors is None else work.score(COLORS)
    pairs = work.pairs()
    return assemble(scores, pairs, subset, facts=given.facts, colors=colors, notes=given.notes, seen=given.seen)


class _Comparing:
    """Computes the scores of one comparison that are not kept yet."""

    def __init__(self, given: Inputs, subset: Subset, keeper: Keeper, report: StageCallback) -> None:
        self._given, self._subset, self._keeper, self._report = given, subset, keeper, report
        self._prepared: dict[str, PreparedSpace] = {}

    def score(self, name: str) -> Score:
        def compute() -> Score:
            self._report.stage(SCORING.format(name), limit_seconds=SILENT_SECONDS)
            vectors = self._vectors(name)
            geometry = find_geometry(vectors, self._subset)
            if name in self._given.spaces and len(self._given.spaces) > 1:  # a new one is new to all pairs
                self._prepared[name] = prepare_space(vectors, self._subset, geometry=geometry)
            return score_extractor(vectors, self._subset, geometry=geometry, on_progress=self._report)

        return self._keeper.score(name, self._subset.digest, compute)

    def pairs(self) -> dict[tuple[str, str], Score]:
        """Return the similarity of each two extractors, by their names in alphabetical order."""
        names = list(itertools.combinations(sorted(self._given.spaces), 2))
        is_begun = False

        def compute(pair: tuple[str, str], number: int) -> Score:
            nonlocal is_begun
            if not is_begun:
                self._report.stage(PAIRING, limit_seconds=SILENT_SECONDS)
                is_begun = True
            found = score_pair(*map(self._space, pair))
            self._report(number, len(names))
            return found

        return {
            pair: self._keeper.pair(pair, self._subset.digest, functools.partial(compute, pair, number))
            for number, pair in enumerate(names, start=1)
        }

    def _space(self, name: str) -> PreparedSpace:
        if name not in self._prepared:
            self._prepared[name] = prepare_space(self._vectors(name), self._subset)
        return self._prepared[name]

    def _vectors(self, name: str) -> np.ndarray:
        is_colors = name == COLORS and self._given.colors is not None
        return np.asarray(self._given.colors) if is_colors else self._given.spaces[name]()


class _Steps:
    """Counts the steps of all stages as those of one work.

    Args:
        on_progress: Called with steps done and steps in all, or None.
        given: What is compared.
    """

    def __init__(self, on_progress: ProgressCallback | None, given: Inputs) -> None:
        n_scores, n_pairs = (
            len(given.spaces) + (given.colors is not None),
            len(given.spaces) * (len(given.spaces) - 1) // 2,
        )
        self._on_progress = on_progress
        self._done, self._total = 0, n_scores * N_TRAININGS + n_pairs

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Ignore the name of a stage."""

    def __call__(self, done: int, total: int) -> None:
        """Count one step."""
        self._tell(self._done + 1)

    def finish(self) -> None:
        """Report that everything is done, even if in fewer steps than expected."""
        if self._done < self._total:
            self._tell(self._total)

    def _tell(self, done: int) -> None:
        self._done = min(done, self._total)
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)
