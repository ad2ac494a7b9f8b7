"""The study of the stability of neighbours under small changes of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.robustness.stability import MILD, STABILITY_VERSION, Stability, neighbor_stability
from featx_core.specs.spec import Spec, SpecError
from featx_core.studies.study import Study
from featx_core.studies.work import Storable

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

CHANGING = "Augmenting images for {}"
PASS_SECONDS = 300.0  # making the copies of a slow transform reports nothing


@dataclass(frozen=True)
class StabilityStudy(Study[Stability]):
    """The stability of neighbours of one extractor.

    Attributes:
        spec: The extractor.
    """

    kind: ClassVar[str] = "stability"
    version: ClassVar[int] = STABILITY_VERSION
    result: ClassVar[type[Storable]] = Stability

    spec: Spec

    def title(self, workspace: Workspace) -> str:
        """The extractor."""
        return f"Stability of {self.spec.title}"

    def depends_on(self, workspace: Workspace) -> Any:
        """The contents of the images, whatever their order and names, and how they are changed."""
        return [sorted(set(workspace.images().digests)), [list(each) for each in MILD]]

    def compute(self, work: Work) -> Stability:
        """Extract from changed copies, and compare neighbours."""
        if not self.spec.takes_images:
            raise SpecError("These are vectors: there are no images to augment.")
        extractor = work.extractor(self.spec)
        work.report.stage(CHANGING.format(self.spec.title.split(",")[0]), limit_seconds=PASS_SECONDS)
        return neighbor_stability(work.images(), extractor, on_progress=work.report)
