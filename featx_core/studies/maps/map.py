"""The study of maps: the rows of a run in two or three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.extraction.rows import rows_of
from featx_core.maps.projection import PROJECTION_VERSION, Projection, project
from featx_core.maps.registry import PROJECTIONS
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, Work, find_run
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

PROJECTING = "Drawing the map"
PROJECTING_SECONDS = 300.0  # the first components of 100 000 rows, and UMAP's neighbours, report nothing


@dataclass(frozen=True)
class MapStudy(Study[Projection]):
    """The map of a run.

    Attributes:
        run: The digest of the run.
        name: A key of `PROJECTIONS`.
        n_components: 2 or 3.
        seed: For projections that use chance.
        parameters: The projection's own parameters, as pairs of name and value. Their order does not count.
        per_image: Whether the means over the copies of each image are laid out, where a run has copies.
    """

    kind: ClassVar[str] = "map"
    version: ClassVar[int] = PROJECTION_VERSION
    result: ClassVar[type[Storable]] = Projection

    run: str
    name: str
    n_components: int = 2
    seed: int = 0
    parameters: tuple[tuple[str, Any], ...] = ()
    per_image: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(sorted(self.parameters)))

    def title(self, workspace: Workspace) -> str:
        """The projection and the run."""
        return f"{PROJECTIONS[self.name].title} of {find_run(workspace, self.run).title}"

    def depends_on(self, workspace: Workspace) -> str:
        """Which images there are features of, in which order."""
        return image_set_key(rows_of(find_run(workspace, self.run).spec, workspace))

    def compute(self, work: Work) -> Projection:
        """Lay the rows out."""
        work.report.stage(PROJECTING, limit_seconds=PROJECTING_SECONDS)
        features = work.features(self.run)
        vectors = (features.per_image() if self.per_image else features).vectors
        return project(
            vectors,
            self.name,
            n_components=self.n_components,
            seed=self.seed,
            on_progress=work.report,
            **dict(self.parameters),
        )
