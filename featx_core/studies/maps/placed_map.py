"""The study of new images on an old map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.extraction.rows import rows_of
from featx_core.maps.placing import place
from featx_core.maps.projection import PROJECTION_VERSION, Projection, project
from featx_core.maps.registry import PROJECTIONS
from featx_core.studies.maps.map import PROJECTING, PROJECTING_SECONDS, MapStudy
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, Work, find_run
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class PlacedMapStudy(Study[Projection]):
    """The map of the first rows of a run, with those that came later placed on it.

    Attributes:
        run: The digest of the run.
        name: A key of `PROJECTIONS`.
        n_base: Of how many rows the map is.
        n_components: 2 or 3.
        seed: For projections that use chance.
        parameters: The projection's own parameters, as pairs of name and value. Their order does not count.
    """

    kind: ClassVar[str] = "placed_map"
    version: ClassVar[int] = PROJECTION_VERSION
    result: ClassVar[type[Storable]] = Projection

    run: str
    name: str
    n_base: int
    n_components: int = 2
    seed: int = 0
    parameters: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(sorted(self.parameters)))

    def title(self, workspace: Workspace) -> str:
        """The projection and the run."""
        return f"New images on the {PROJECTIONS[self.name].title} of {find_run(workspace, self.run).title}"

    def depends_on(self, workspace: Workspace) -> str:
        """Which images there are features of, in which order."""
        return image_set_key(rows_of(find_run(workspace, self.run).spec, workspace))

    def compute(self, work: Work) -> Projection:
        """Take the map of the first rows, laid out anew where it is not kept, and place the others."""
        work.report.stage(PROJECTING, limit_seconds=PROJECTING_SECONDS)
        features = work.features(self.run)
        if not 0 < self.n_base <= len(features):
            raise ValueError("The images of this map are no longer all there. Lay it out anew.")
        first = features.of_rows(range(self.n_base))
        study = MapStudy(self.run, self.name, self.n_components, self.seed, self.parameters)
        base = study.find_under(study.key_for(image_set_key(first)), work.workspace)
        if base is None:
            base = project(
                first.vectors,
                self.name,
                n_components=self.n_components,
                seed=self.seed,
                on_progress=work.report,
                **dict(self.parameters),
            )
        return place(base, features.vectors, self.n_base, on_progress=work.report)
