"""The study of heatmaps."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.targets import Target, target_from_json
from featx_core.images.image_set import UnreadImageError
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable, Work

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

DRAWING = "Drawing heatmaps"
IMAGES_AT_A_TIME = 8
"""Heatmaps are kept after so many images, so that a cancelled job leaves what it has done."""


@dataclass(frozen=True)
class HeatmapStudy(Study[Heatmap]):
    """One heatmap of one image.

    Attributes:
        spec: The extractor.
        image: The digest of the image.
        name: A key of `HEATMAPS`.
        layer: As for `explain`.
        target: What `Target.to_json` gives, or None for the default target.
    """

    kind: ClassVar[str] = "heatmap"
    version: ClassVar[int] = 3
    result: ClassVar[type[Storable]] = Heatmap

    spec: Spec
    image: str
    name: str
    layer: int | str | None = None
    target: str | None = None

    def title(self, workspace: Workspace) -> str:
        """The method."""
        return f"{HEATMAPS[self.name].title} of one image"

    def compute(self, work: Work) -> Heatmap:
        """Draw it."""
        return next(iter(self.compute_many([self], work)))[1]

    @classmethod
    def compute_many(cls, studies: Sequence[HeatmapStudy], work: Work) -> Iterator[tuple[HeatmapStudy, Heatmap]]:
        """Draw several, those of one image in one pass, those of a few images together."""
        for _, alike in itertools.groupby(studies, lambda study: (study.spec, study.layer, study.target)):
            yield from _draw(list(alike), work)


def _draw(studies: Sequence[HeatmapStudy], work: Work) -> Iterator[tuple[HeatmapStudy, Heatmap]]:
    """Draw heatmaps of one layer and target. An image whose file is gone is named once the others are drawn."""
    first = studies[0]
    names = list(dict.fromkeys(study.name for study in studies))
    traces = any(HEATMAPS[name].needs_target for name in names)
    work.report.needs_reset = traces or not work.has_extractor(first.spec)
    images = work.images_of(dict.fromkeys(study.image for study in studies))
    extractor = work.extractor(first.spec)
    target = _target(first.target, work)
    work.report.stage(DRAWING, limit_seconds=FIRST_BATCH_SECONDS)
    asked = {(study.image, study.name): study for study in studies}
    unread: list[UnreadImageError] = []
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        work.report(start, len(images))
        part = list(images[start : start + IMAGES_AT_A_TIME])
        explain = functools.partial(explain_many, names=names, layer=first.layer, target=target)
        try:
            found = explain(part, extractor)
        except UnreadImageError:
            part = _readable(part, extractor, unread)
            found = explain(part, extractor) if part else {}
        for name, heatmaps in found.items():
            for image, heatmap in zip(part, heatmaps, strict=True):
                if (image.digest, name) in asked:
                    yield asked[image.digest, name], heatmap
    if unread:
        raise unread[0]


def _readable(images: Sequence[ImageRecord], extractor: Extractor, unread: list[UnreadImageError]) -> list[ImageRecord]:
    """Return the images whose bytes are to be had; why the others are not is added to `unread`."""
    kept = []
    for image in images:
        try:
            image.fitted(extractor.image_size, extractor.fit)
            kept.append(image)
        except UnreadImageError as error:
            unread.append(error)
    return kept


def _target(text: str | None, work: Work) -> Target | None:
    return None if text is None else target_from_json(text, work.image)
