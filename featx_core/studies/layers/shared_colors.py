"""The study of one set of colours for several images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.base.wording import counted
from featx_core.heatmaps.shared.coloring import SharedColors, shared_colors
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class SharedColorsStudy(Study[SharedColors]):
    """What a layer sees as the same part of several images, in the same colour.

    Attributes:
        spec: The extractor.
        images: The digests of the images.
        layer: As for `shared_colors`.
        hide: A key of `HIDES`.
    """

    kind: ClassVar[str] = "shared_colors"
    result: ClassVar[type[Storable]] = SharedColors

    spec: Spec
    images: tuple[str, ...]
    layer: int | str | None = None
    hide: str = "nothing"

    def title(self, workspace: Workspace) -> str:
        """How many images."""
        return f"Shared colours of {counted(len(self.images), 'image')}"

    def compute(self, work: Work) -> SharedColors:
        """Run the network up to the layer and find the components."""
        images = work.images_of(self.images)
        work.report.needs_reset = not work.has_extractor(self.spec)
        extractor = work.extractor(self.spec)
        work.report.stage("Colouring the images", limit_seconds=FIRST_BATCH_SECONDS)
        return shared_colors(images, extractor, layer=self.layer, hide=self.hide, on_progress=work.report)
