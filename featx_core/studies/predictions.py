"""The study of predicted classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.predictions.classifiers import classifier_of
from featx_core.predictions.predict import predict_classes
from featx_core.predictions.predictions import Predictions
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import FIRST_BATCH_SECONDS, Storable

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.pretrained import Pretrained
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

NAMING = "Naming the images"


@dataclass(frozen=True)
class PredictionsStudy(Study[Predictions]):
    """The three best ImageNet classes of each image of the workspace.

    Attributes:
        spec: Whose network names them; becomes its classifier, so that runs of one network share the result.

    Raises:
        NoClassifierError: If the network names no ImageNet classes.
    """

    kind: ClassVar[str] = "predictions"
    result: ClassVar[type[Storable]] = Predictions

    spec: Spec

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", classifier_of(self.spec))

    def title(self, workspace: Workspace) -> str:
        """The network."""
        return f"Names by {self.spec.title.split(',')[0]}"

    def depends_on(self, workspace: Workspace) -> list[str]:
        """The contents of the images, whatever their order and names."""
        images = workspace.images()
        return images.once("contents", lambda: sorted(set(images.digests)))

    def compute(self, work: Work) -> Predictions:
        """Name the images; those that were named before are not computed again."""
        images = work.images()
        if not len(images):
            raise ValueError("There are no images to name in this workspace. Add some first.")
        work.report.needs_reset = False

        def make(spec: Pretrained) -> Extractor:
            work.report.needs_reset = True
            extractor = work.extractor(spec)
            work.report.stage(NAMING, limit_seconds=FIRST_BATCH_SECONDS)
            return extractor

        return predict_classes(images, self.spec, workspace=work.workspace, make=make, on_progress=work.report)
