"""The study of outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.curation.outliers import Outliers, find_outliers
from featx_core.studies.rows.curated import curated_key, curated_rows
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, find_run

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class OutliersStudy(Study[Outliers]):
    """The images that lie farthest from all others.

    Attributes:
        run: The digest of the run.
    """

    kind: ClassVar[str] = "outliers"
    result: ClassVar[type[Storable]] = Outliers

    run: str

    def title(self, workspace: Workspace) -> str:
        """The run."""
        return f"Outliers of {find_run(workspace, self.run).title}"

    def depends_on(self, workspace: Workspace) -> Any:
        """Which images there are features of."""
        return curated_key(workspace, self.run)

    def compute(self, work: Work) -> Outliers:
        """Measure distances to neighbours."""
        rows = curated_rows(work, self.run)
        work.report.stage("Looking for outliers")
        return find_outliers(rows.vectors, rows.digests, groups=rows.groups, on_progress=work.report)
