"""The study of a layer sweep: every stage of one network, scored on the images of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.comparison.layer_sweep import Sweep, sweep_layers
from featx_core.comparison.scores import SCORES_VERSION
from featx_core.images.duplicates import duplicate_groups
from featx_core.specs.spec import Spec
from featx_core.studies.sketches import COMPARING, sketches_of
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

SWEEPING = "Scoring each stage"


@dataclass(frozen=True)
class SweepStudy(Study[Sweep]):
    """How well each stage of a network tells the labels apart.

    Attributes:
        spec: The extractor. Where it is tapped itself does not matter.
    """

    kind: ClassVar[str] = "sweep"
    version: ClassVar[int] = SCORES_VERSION
    result: ClassVar[type[Storable]] = Sweep

    spec: Spec

    def title(self, workspace: Workspace) -> str:
        """The extractor."""
        return f"Layers of {self.spec.title}"

    def depends_on(self, workspace: Workspace) -> Any:
        """The images and their labels."""
        images = workspace.images()
        return [image_set_key(images), images.labels]

    def compute(self, work: Work) -> Sweep:
        """Tap all stages in one pass over the images."""
        images, extractor = work.images(), work.extractor(self.spec)
        sketches = sketches_of(work, tuple(images.digests))
        work.report.stage(COMPARING)
        groups = duplicate_groups(sketches, digests=images.digests, on_progress=work.report)
        work.report.stage(SWEEPING, limit_seconds=FIRST_BATCH_SECONDS)
        return sweep_layers(images, extractor, groups=groups, workspace=work.workspace, on_progress=work.report)
