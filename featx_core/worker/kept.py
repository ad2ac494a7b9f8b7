"""Whether a result is there already, and can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from featx_core.workspace.workspace import Workspace

Value = TypeVar("Value")


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


def fetch_kept(workspace: Workspace, key: str, read: Callable[[bytes], Value]) -> Value | None:
    """Fetch a result as what `read` makes of its bytes; None when it is not there, or `read` raises ValueError."""
    content = workspace.result(key)
    try:
        return read(content) if content is not None else None
    except ValueError:
        return None


def read_mapping(content: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: If it is something else.
    """
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("These bytes are not the scores that were kept.")
    return found
