"""The study of how each augmentation moves the features of an extractor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.augmentation.transforms import Transforms, check_transforms
from featx_core.robustness.effects import EFFECTS_VERSION, Effects, augmentation_effects
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import Storable

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

MEASURING = "Measuring each transform"
PASS_SECONDS = 300.0  # making the copies of a slow transform reports nothing


@dataclass(frozen=True)
class EffectsStudy(Study[Effects]):
    """How far each transform moves the features.

    Attributes:
        spec: The extractor.
        transforms: Keys of `AUGMENTATIONS` with their strengths. Their order does not count.
        n_copies: Copies of each image for each transform.
        seed: Seeds everything random.
    """

    kind: ClassVar[str] = "effects"
    version: ClassVar[int] = EFFECTS_VERSION
    result: ClassVar[type[Storable]] = Effects

    spec: Spec
    transforms: Transforms
    n_copies: int
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "transforms", check_transforms(self.transforms))

    def title(self, workspace: Workspace) -> str:
        """The extractor."""
        return f"Effects of augmentation on {self.spec.title}"

    def depends_on(self, workspace: Workspace) -> list[str]:
        """The contents of the images, whatever their order and names."""
        return sorted(set(workspace.images().digests))

    def compute(self, work: Work) -> Effects:
        """Measure each transform alone."""
        extractor = work.extractor(self.spec)
        work.report.stage(MEASURING, limit_seconds=PASS_SECONDS)
        return augmentation_effects(
            work.images(), extractor, self.transforms, n_copies=self.n_copies, seed=self.seed, on_progress=work.report
        )
