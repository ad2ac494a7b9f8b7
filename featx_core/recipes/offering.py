"""`fx.run_as_code`: a run as code, from a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.methods.registry import build
from featx_core.recipes.checking import Steps, check_recipe
from featx_core.recipes.recipe import CheckedRecipe, RecipeError
from featx_core.recipes.writing import write_recipe

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.extraction.features import Features
    from featx_core.workspace.workspace import Workspace


def run_as_code(
    features: Features, workspace: Workspace, *, on_progress: ProgressCallback | None = None
) -> CheckedRecipe:
    """Write a run as a script and a notebook that give the same features without featx, and run the script.

    The script uses Keras, NumPy, Pillow and SciPy alone. It runs in a process of its own on up to four images of the run,
    and `words` says how far its features are from those of featx.

    Args:
        features: Of a run that the workspace holds, as `extract` or `load_features` gives them.
        workspace: Holds its images and weights.
        on_progress: Called while the script runs; may raise `Cancelled`.

    Returns:
        `script`, `notebook`, and `archive`, a zip of both with the weights and the reference images.

    Raises:
        RecipeError: If there is no way to write this run as code, or the workspace does not hold it.
    """
    run = workspace.ledger.find(features.spec.digest)
    if run is None:
        raise RecipeError("The workspace does not hold this run. Extract with `workspace=workspace` first.")
    recipe = write_recipe(run, workspace, lambda spec: build(spec, workspace))
    known = {image.digest: image for image in workspace.images()}
    steps = Steps.of(run.spec, [known[digest] for digest in recipe.digests])
    return check_recipe(recipe, str(run.details.get("engine", "")), steps, on_progress=on_progress)
