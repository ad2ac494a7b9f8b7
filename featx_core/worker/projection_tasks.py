"""The task that lays images out on a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.extraction.features import load_features
from featx_core.maps.projection import Projection, project
from featx_core.worker.extraction_tasks import needed
from featx_core.worker.kept import is_kept
from featx_core.worker.keys import projection_key
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace, image_set_key

PROJECTING = "Drawing the map"
PROJECTING_SECONDS = 300.0  # finding the neighbours of 20 000 rows reports nothing


def project_features(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Lay the images of a run out on a map and keep it under its `projection_key`.

    Args:
        workspace: Holds the run; takes the map.
        parameters: `run_digest`, `name` (a key of `PROJECTIONS`), `n_components`, `seed`, `parameters` (the others, by
            name), `per_image` (whether the means over copies are laid out; false where missing); `image_set_key` may be
            there, so that the job is another one when the images change.
        report: Told of steps done.

    Returns:
        `key`, and `n_images`, the rows that the vectors had.

    Raises:
        ValueError: If the run is gone, or the images allow no such map.
    """
    workspace = needed(workspace)
    report.stage(PROJECTING, limit_seconds=PROJECTING_SECONDS)
    features = load_features(workspace, parameters["run_digest"])
    if features is None:
        raise ValueError("This run is no longer in the workspace. Pick another one, or extract again.")
    features = features.per_image() if parameters.get("per_image") else features
    name, others = parameters["name"], parameters.get("parameters", {})
    n_components, seed = parameters.get("n_components", 2), parameters.get("seed", 0)
    key = projection_key(parameters["run_digest"], image_set_key(features), name, n_components, seed, others)
    if not is_kept(workspace, key, Projection):
        projection = project(features.vectors, name, n_components=n_components, seed=seed, on_progress=report, **others)
        workspace.put_result(key, projection.to_bytes())
    return {"key": key, "n_images": len(features)}
