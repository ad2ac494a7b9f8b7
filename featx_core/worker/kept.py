"""Whether a result is there already, and can be read."""

from __future__ import annotations

from typing import Any, Protocol

from featx_core.workspace import Workspace


class Readable(Protocol):
    """What a workspace keeps as bytes."""

    @classmethod
    def from_bytes(cls, content: bytes) -> Any:
        """Read what was kept. Raises ValueError when it is something else."""


def is_kept(workspace: Workspace, key: str, kind: type[Readable]) -> bool:
    """Tell whether a result is kept whole under a key; one that another version wrote in another form is not."""
    content = workspace.result(key)
    if content is None:
        return False
    try:
        kind.from_bytes(content)
    except ValueError:
        return False
    return True
