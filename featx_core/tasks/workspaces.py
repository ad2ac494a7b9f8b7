"""The workspace of tasks that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace


def needed(workspace: Workspace | None) -> Workspace:
    """Return the workspace of a task.

    Raises:
        ValueError: If there is none.
    """
    if workspace is None:
        raise ValueError("This computation needs a workspace. Received: none.")
    return workspace
