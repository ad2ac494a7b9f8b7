"""The study of thumbnails: near-duplicates and colour histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.images.duplicates import Sketches, sketch
from featx_core.studies.study import Study
from featx_core.studies.work import Storable
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

LOOKING = "Looking for near-duplicates"
COMPARING = "Comparing images"
MAX_KEPT = 20_000  # images whose sketches are kept, 5 kB each: of more they would fill the workspace


@dataclass(frozen=True)
class SketchesStudy(Study[Sketches]):
    """Small images and colour histograms.

    Attributes:
        images: The digest of each image, in order; none for all images of the workspace.
    """

    kind: ClassVar[str] = "sketches"
    result: ClassVar[type[Storable]] = Sketches

    images: tuple[str, ...] = ()

    def title(self, workspace: Workspace) -> str:
        """What it is for."""
        return LOOKING

    def depends_on(self, workspace: Workspace) -> Any:
        """All images, where none are named: a job that names very many is slow to send."""
        return None if self.images else image_set_key(workspace.images())

    def compute(self, work: Work) -> Sketches:
        """Look at the thumbnails."""
        work.report.stage(LOOKING)
        return sketch(work.images_of(self.images) if self.images else work.images(), on_progress=work.report)


def sketches_of(work: Work, images: tuple[str, ...] = ()) -> Sketches:
    """Look at thumbnails, or fetch what was seen before. Of very many images nothing is kept.

    Args:
        work: The job.
        images: As `SketchesStudy` takes them.
    """
    study = SketchesStudy(images)
    n_images = len(images) or len(work.images())
    return work.fetch(study) if n_images <= MAX_KEPT else study.compute(work)
