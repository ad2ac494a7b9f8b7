"""The study of label errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.curation.label_errors import LabelErrors, find_label_errors
from featx_core.studies.rows.curated import curated_key, curated_rows
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, find_run

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class LabelErrorsStudy(Study[LabelErrors]):
    """The images whose label looks wrong.

    Attributes:
        run: The digest of the run.
    """

    kind: ClassVar[str] = "label_errors"
    result: ClassVar[type[Storable]] = LabelErrors

    run: str

    def title(self, workspace: Workspace) -> str:
        """The run."""
        return f"Label errors by {find_run(workspace, self.run).title}"

    def depends_on(self, workspace: Workspace) -> Any:
        """Which images there are features of, and their labels."""
        return curated_key(workspace, self.run, with_labels=True)

    def compute(self, work: Work) -> LabelErrors:
        """Train a probe without each image."""
        rows = curated_rows(work, self.run)
        work.report.stage("Looking for label errors")
        kept = [row for row, label in enumerate(rows.labels) if label is not None]
        labels = [label for label in rows.labels if label is not None]
        if not kept:
            raise ValueError("Label errors need labels. Give the images labels first.")
        return find_label_errors(
            rows.vectors[kept],
            labels,
            [rows.digests[row] for row in kept],
            groups=rows.groups[kept],
            on_progress=work.report,
        )
