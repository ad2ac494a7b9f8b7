"""The study of image quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.curation.quality import Quality, image_quality
from featx_core.studies.study import Study
from featx_core.studies.work import Storable
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

LOOKING = "Looking at image quality"


@dataclass(frozen=True)
class QualityStudy(Study[Quality]):
    """Images that are unusually dark, bright, blurred, small or elongated.

    Attributes:
        images: The digest of each image, in order; none for all images of the workspace.
    """

    kind: ClassVar[str] = "quality"
    result: ClassVar[type[Storable]] = Quality

    images: tuple[str, ...] = ()

    def title(self, workspace: Workspace) -> str:
        """What it is for."""
        return LOOKING

    def depends_on(self, workspace: Workspace) -> Any:
        """All images, where none are named: a job that names very many is slow to send."""
        return None if self.images else image_set_key(workspace.images())

    def compute(self, work: Work) -> Quality:
        """Look at the thumbnails."""
        work.report.stage(LOOKING)
        return image_quality(work.images_of(self.images) if self.images else work.images(), on_progress=work.report)
