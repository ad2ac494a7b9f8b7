"""Which extractor serves these images best? Scores, similarities and a verdict, as plain tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.comparison.assembly import assemble
from featx_core.comparison.inputs import align
from featx_core.comparison.panel import choose_panel
from featx_core.comparison.scores import prepare_space, score_extractor, score_pair
from featx_core.comparison.tables import CHANCE, COLORS, Comparison, Facts
from featx_core.measures.probes import N_TRAININGS

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.extraction.features import Features
    from featx_core.images.image_set import ImageSet

__all__ = ["CHANCE", "COLORS", "Comparison", "Facts", "assemble", "compare"]


def compare(
    features: Mapping[str, Features | np.ndarray],
    labels: Sequence[str | None] | None = None,
    *,
    images: ImageSet | None = None,
    groups: Sequence[Any] | np.ndarray | None = None,
    color_histograms: np.ndarray | None = None,
    on_progress: ProgressCallback | None = None,
) -> Comparison:
    """Compare extractors on the same images: scores with intervals, similarities beside their noise floors, a verdict.

    The order of extractors, images and labels changes no number. Above 2 000 images, a sample is looked at.

    Args:
        features: For each extractor, by what to call it, its features: `Features`, or `(n_images, n_features)`. One at
            least. Not modified.
        labels: The label of each image, None where it has none. Without labels there is no ranking.
        images: The images, when they are at hand: near-duplicates are then found, and colours compared. Features are
            matched to them by name, else by content.
        groups: The group of each image; images of one group are never on both sides of a test. None: the near-duplicates
            among `images`; without them, images whose features are equal.
        color_histograms: `(n_images, n_colors)`, the baseline. None: from `images`, else without it.
        on_progress: Called with steps done and steps in all.

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
    given = align(features, labels, images=images, groups=groups, color_histograms=color_histograms)
    panel = choose_panel(given.keys, given.labels, given.groups)
    spaces = dict(given.vectors) | ({} if given.colors is None else {COLORS: given.colors})
    pairs = list(itertools.combinations(sorted(given.vectors), 2))
    steps = _Steps(on_progress, len(spaces), len(pairs))
    scores = {name: score_extractor(vectors, panel, on_progress=steps.trainings) for name, vectors in spaces.items()}
    prepared = {name: prepare_space(vectors, panel) for name, vectors in given.vectors.items()}
    pair_scores = {}
    for first, second in pairs:
        pair_scores[first, second] = score_pair(prepared[first], prepared[second])
        steps.next()
    colors = scores.pop(COLORS, None)
    return assemble(scores, pair_scores, panel, facts=given.facts, colors=colors, notes=given.notes)


class _Steps:
    """Counts trainings and pairs as steps of one work."""

    def __init__(self, on_progress: ProgressCallback | None, n_spaces: int, n_pairs: int) -> None:
        self._on_progress = on_progress
        self._done, self._total = 0, n_spaces * N_TRAININGS + n_pairs

    def trainings(self, done: int, total: int) -> None:
        self.next()

    def next(self) -> None:
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(min(self._done, self._total), self._total)
