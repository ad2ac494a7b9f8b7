"""Weights files that the user brings: upload one into the workspace, pick one."""

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

from featx_core.backbones.registry import Backbone
from featx_core.base.files.file_names import clean_name
from featx_core.networks.hub.kept import keep_preset
from featx_core.networks.hub.preset_files import read_preset
from featx_core.networks.saved.kinds import N_HEAD_BYTES, why_not_weights
from featx_core.networks.weights_loading import WeightsError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import compat, formatting, fragments, session, writing

_LIMIT_MB = 200
_KERAS_HELP = (
    "A `.h5` or `.weights.h5` file saved by Keras from the same architecture. If the backbone is part of a larger model, only "
    "its own layers are used."
)
_PRESET_HELP = (
    "A zip of the folder that `save_to_preset` of KerasHub wrote, or a `.weights.h5` file of its backbone alone. Nothing in it "
    "is run."
)


def pick(workspace: Workspace, backbone: Backbone) -> str:
    """Let the user pick a weights file of the workspace, or bring one. Gives the spec's `weights`."""
    number = session.recall("weights_number", 0)
    is_preset = backbone.preset is not None
    kinds = ["zip", "h5"] if is_preset else ["h5"]
    upload = st.file_uploader(
        "Preset" if is_preset else "Weights file",
        type=kinds,
        key=f"weights_file_{number}",
        max_upload_size=_LIMIT_MB,
        help=_PRESET_HELP if is_preset else _KERAS_HELP,
    )
    if upload is not None:
        _keep(workspace, upload)
    if is_preset and session.is_local():
        _from_folder(workspace)
    known = {digest: name for digest, name in workspace.artefacts().items() if name.lower().endswith(tuple(kinds))}
    if not known:
        st.caption("Upload a file to continue.")
        fragments.end_page()
    digest = st.selectbox("Which file", list(known), format_func=lambda digest: known[digest], key="weights_digest")
    st.badge(f"Your file {formatting.escape(known[digest])}", icon=":material/upload_file:", color="violet")
    return f"file:{digest}"


def _keep(workspace: Workspace, upload: Any) -> None:
    name, content = upload.name, upload.getvalue()
    reason = _why_not(name, content)
    if reason:
        st.warning(formatting.escape(reason), icon=":material/rule:")
        return
    if not writing.try_to(lambda: _put(workspace, name, content)):
        return
    compat.release([upload])
    _take(hashlib.sha256(content).hexdigest())


def _take(digest: str) -> None:
    session.remember("weights_number", int(str(session.recall("weights_number", 0))) + 1)
    session.remember("weights_digest", digest)
    st.rerun()


def _why_not(name: str, content: bytes) -> str | None:
    if not name.lower().endswith(".zip"):
        reason = why_not_weights(content[:N_HEAD_BYTES])
        return reason and f"{name} {reason}"
    try:
        read_preset(content, name)
    except WeightsError as error:
        return str(error)
    return None


def _from_folder(workspace: Workspace) -> None:
    """Take a preset from a folder on this machine, which may be larger than an upload."""
    folder = st.text_input("Or its folder on this machine", key="preset_folder", placeholder="/path/to/preset")
    if not st.button("Take it", disabled=not folder.strip(), key="take_preset"):
        return
    try:
        kept: list[str] = []
        if writing.try_to(lambda: kept.append(keep_preset(workspace, Path(folder.strip()).expanduser()))):
            _take(kept[0].removeprefix("file:"))
    except (WeightsError, OSError) as error:
        words = str(error) if isinstance(error, WeightsError) else "This folder could not be read."
        st.warning(formatting.escape(words), icon=":material/rule:")


def _put(workspace: Workspace, name: str, content: bytes) -> None:
    writing.check_upload(workspace, len(content))
    workspace.put_artefact(clean_name(name), content)
