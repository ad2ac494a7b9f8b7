"""The task around the patterns of a first convolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.heatmaps.kernels import Kernels, first_kernels
from featx_core.specs.registry import spec_from_json
from featx_core.worker.extraction_tasks import find_extractor, needed
from featx_core.worker.kept import is_kept
from featx_core.worker.keys import kernels_key
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace


def read_kernels(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Read the patterns of the first convolution of a network and keep them under their `kernels_key`.

    Args:
        workspace: Takes the patterns.
        parameters: `spec` (its JSON form).
        report: Told of the stages.

    Returns:
        `key`.
    """
    workspace = needed(workspace)
    spec = spec_from_json(parameters["spec"])
    key = kernels_key(spec.digest)
    if not is_kept(workspace, key, Kernels):
        workspace.put_result(key, first_kernels(find_extractor(spec, workspace, report)).to_bytes())
    return {"key": key}
