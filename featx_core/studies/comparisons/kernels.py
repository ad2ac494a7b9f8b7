"""The kernels of the first convolution of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.heatmaps.kernels import Kernels, first_kernels
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import Storable

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class KernelsStudy(Study[Kernels]):
    """The kernels of the first convolution.

    Attributes:
        spec: The extractor.
    """

    kind: ClassVar[str] = "kernels"
    result: ClassVar[type[Storable]] = Kernels

    spec: Spec

    def title(self, workspace: Workspace) -> str:
        """The extractor."""
        return f"Kernels of {self.spec.title}"

    def compute(self, work: Work) -> Kernels:
        """Read them from the network."""
        return first_kernels(work.extractor(self.spec))
