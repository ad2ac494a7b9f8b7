"""The study of recipes: a run as code, run in a process of its own before it is offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.extraction.rows import rows_of
from featx_core.recipes.checking import SECONDS, Steps, check_recipe
from featx_core.recipes.recipe import CheckedRecipe
from featx_core.recipes.writing import write_recipe
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, Work, find_run
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

WRITING = "Writing the script"
CHECKING = "Running the script in a process of its own"


@dataclass(frozen=True)
class RecipeStudy(Study[CheckedRecipe]):
    """A run as a script, a notebook and an archive, and whether they give its features.

    Attributes:
        run: The digest of the run.
    """

    kind: ClassVar[str] = "recipe"
    result: ClassVar[type[Storable]] = CheckedRecipe

    run: str

    def title(self, workspace: Workspace) -> str:
        """The run."""
        return f"{find_run(workspace, self.run).title} as code"

    def depends_on(self, workspace: Workspace) -> Any:
        """Which images there are features of, what computed them, and what the run is called."""
        run = find_run(workspace, self.run)
        return [image_set_key(rows_of(run.spec, workspace)), run.details.get("engine"), run.title]

    def compute(self, work: Work) -> CheckedRecipe:
        """Write it and run it."""
        run = find_run(work.workspace, self.run)
        work.workspace.drop_results(self.kind)  # with weights it may be large: the last one is kept
        work.report.stage(WRITING, limit_seconds=SECONDS)
        recipe = write_recipe(run, work.workspace, work.extractor)
        steps = Steps.of(run.spec, work.images_of(recipe.digests))
        work.report.stage(CHECKING, limit_seconds=2 * SECONDS)
        return check_recipe(recipe, str(run.details.get("engine", "")), steps, on_progress=work.report)
