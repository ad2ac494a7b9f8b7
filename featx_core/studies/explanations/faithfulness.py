"""The study of how faithful heatmaps are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.base.wording import counted
from featx_core.heatmaps.faithfulness.faithfulness import Faithfulness, measure_faithfulness
from featx_core.heatmaps.targets import target_from_json
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable, Work

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

MEASURING = "Hiding and showing parts of images"


@dataclass(frozen=True)
class FaithfulnessStudy(Study[Faithfulness]):
    """Deletion and insertion curves of heatmaps on some images.

    Attributes:
        spec: The extractor.
        images: The digests of the images.
        names: Keys of `HEATMAPS`.
        layer: As for `explain`.
        target: What `Target.to_json` gives, or None for the default target.
    """

    kind: ClassVar[str] = "faithfulness"
    result: ClassVar[type[Storable]] = Faithfulness

    spec: Spec
    images: tuple[str, ...]
    names: tuple[str, ...]
    layer: int | str | None = None
    target: str | None = None

    def title(self, workspace: Workspace) -> str:
        """How many images there are."""
        return f"Faithfulness of heatmaps on {counted(len(self.images), 'image')}"

    def compute(self, work: Work) -> Faithfulness:
        """Measure it."""
        work.report.needs_reset = True
        images = work.images_of(self.images)
        extractor = work.extractor(self.spec)
        target = None if self.target is None else target_from_json(self.target, work.image)
        work.report.stage(MEASURING, limit_seconds=FIRST_BATCH_SECONDS)
        return measure_faithfulness(
            images, extractor, self.names, layer=self.layer, target=target, on_progress=work.report
        )
