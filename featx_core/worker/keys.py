"""The keys of jobs. Free of TensorFlow: the server computes them too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.base.files.digests import digest_of


def job_key(task: str, workspace_path: str | None, parameters: Mapping[str, Any]) -> str:
    """Name a job by what it does: the same work asked for twice has the same key."""
    return digest_of(task, workspace_path, dict(parameters))
