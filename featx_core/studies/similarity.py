"""The study of what makes two images similar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.similarity import explain_similarity
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class SimilarityStudy(Study[Heatmap]):
    """Which places of one image make it similar to another one.

    Attributes:
        spec: The extractor.
        image: The digest of the image.
        other: The digest of the other image.
    """

    kind: ClassVar[str] = "similarity"
    result: ClassVar[type[Storable]] = Heatmap

    spec: Spec
    image: str
    other: str

    def title(self, workspace: Workspace) -> str:
        """What is drawn."""
        return "What makes two images similar"

    def compute(self, work: Work) -> Heatmap:
        """Draw it."""
        image, other = work.images_of([self.image, self.other])
        work.report.needs_reset = not work.has_extractor(self.spec)
        extractor = work.extractor(self.spec)
        work.report.stage("Comparing two images", limit_seconds=FIRST_BATCH_SECONDS)
        return explain_similarity(image, other, extractor)
