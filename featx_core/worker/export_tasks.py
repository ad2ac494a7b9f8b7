"""Tasks around files of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.networks.keras_file import keras_file
from featx_core.specs.registry import spec_from_json
from featx_core.worker.extraction_tasks import find_extractor, needed
from featx_core.worker.keys import keras_file_key
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace

SAVING = "Saving the network and reading it back"
SAVING_SECONDS = 180.0


def export_network(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Save the network of a spec as a `.keras` file, check it, and keep it under its `keras_file_key`.

    Args:
        workspace: Holds the weights; takes the file.
        parameters: `spec` (its JSON form).
        report: Told of the stages.

    Returns:
        `key` and `n_bytes`.
    """
    workspace = needed(workspace)
    spec = spec_from_json(parameters["spec"])
    extractor = find_extractor(spec, workspace, report)
    report.stage(SAVING, limit_seconds=SAVING_SECONDS)
    content = keras_file(extractor)
    key = keras_file_key(spec.digest)
    workspace.put_result(key, content)
    return {"key": key, "n_bytes": len(content)}
