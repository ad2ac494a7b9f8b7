"""The study of clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.curation.clusters import METHODS, Clusters, find_clusters
from featx_core.studies.rows.curated import curated_key, curated_rows
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, find_run

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class ClustersStudy(Study[Clusters]):
    """Groups of images with similar features.

    Attributes:
        run: The digest of the run.
        method: A key of `featx_core.curation.clusters.METHODS`.
        n_clusters: For k-means; 0 where the method finds the number.
        seed: Of resamples, and of k-means.
    """

    kind: ClassVar[str] = "clusters"
    result: ClassVar[type[Storable]] = Clusters

    run: str
    method: str = "hdbscan"
    n_clusters: int = 0
    seed: int = 0

    def title(self, workspace: Workspace) -> str:
        """The method and the run."""
        return f"{METHODS[self.method]} of {find_run(workspace, self.run).title}"

    def depends_on(self, workspace: Workspace) -> Any:
        """Which images there are features of."""
        return curated_key(workspace, self.run)

    def compute(self, work: Work) -> Clusters:
        """Group the images, and some of them again and again."""
        rows = curated_rows(work, self.run)
        work.report.stage("Looking for clusters")
        return find_clusters(
            rows.vectors,
            rows.digests,
            method=self.method,
            n_clusters=self.n_clusters,
            groups=rows.groups,
            seed=self.seed,
            on_progress=work.report,
        )
