"""The study of the feature maps of one layer for one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.heatmaps.feature_maps import FeatureMaps, feature_maps
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable, Work

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

DRAWING = "Drawing feature maps"


@dataclass(frozen=True)
class FeatureMapsStudy(Study[FeatureMaps]):
    """What a layer gives for an image, channel by channel.

    Attributes:
        spec: The extractor.
        image: The digest of the image.
        layer: As for `feature_maps`.
    """

    kind: ClassVar[str] = "feature_maps"
    result: ClassVar[type[Storable]] = FeatureMaps

    spec: Spec
    image: str
    layer: int | str | None = None

    def title(self, workspace: Workspace) -> str:
        """The extractor."""
        return f"Feature maps of {self.spec.title}"

    def compute(self, work: Work) -> FeatureMaps:
        """Run the network up to the layer."""
        image, extractor = work.image(self.image), work.extractor(self.spec)
        work.report.stage(DRAWING, limit_seconds=FIRST_BATCH_SECONDS)
        return feature_maps(image, extractor, layer=self.layer)
