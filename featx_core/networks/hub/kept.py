"""Presets of KerasHub in a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.files.file_names import clean_name
from featx_core.networks.hub.preset_files import MAX_PRESET_BYTES, pack_preset, read_preset
from featx_core.networks.weights_loading import WeightsError

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace


def keep_preset(workspace: Workspace, source: str | Path) -> str:
    """Put a preset of KerasHub that lies on this machine into a workspace.

    Args:
        workspace: Keeps it, once.
        source: A folder that `save_to_preset` wrote, or a zip of one.

    Returns:
        What `Pretrained.weights` calls it: "file:" and its SHA-256.

    Raises:
        WeightsError: If it is no preset, or too large. The message says why.
        DiskFullError: If the workspace cannot grow.
    """
    path = Path(source)
    if path.is_dir():
        name, content = f"{path.name}.zip", pack_preset(path)
    elif not path.is_file():
        raise WeightsError(f"There is no folder and no zip at `{path.name}`.")
    elif path.stat().st_size > MAX_PRESET_BYTES:
        raise WeightsError(f"`{path.name}` is too large: the limit is {MAX_PRESET_BYTES / 1e6:.0f} MB.")
    else:
        name, content = path.name, path.read_bytes()
        read_preset(content, name)
    return f"file:{workspace.put_artefact(clean_name(name), content)}"
