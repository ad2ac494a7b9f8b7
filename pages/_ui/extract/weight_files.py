"""Weights files that the user brings: upload one into the workspace, pick one."""

import hashlib

import streamlit as st

from featx_core.base.file_names import clean_name
from featx_core.networks.saved.kinds import N_HEAD_BYTES, why_not_weights
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, session, writing

_LIMIT_MB = 200


def pick(workspace: Workspace) -> str:
    """Let the user pick a weights file of the workspace, or bring one. Gives the spec's `weights`."""
    number = session.recall("weights_number", 0)
    upload = st.file_uploader(
        "Weights file",
        type=["h5"],
        key=f"weights_file_{number}",
        max_upload_size=_LIMIT_MB,
        help="A `.h5` or `.weights.h5` file saved by Keras from the same architecture. If the backbone is part of a "
        "larger model, only its own layers are used.",
    )
    if upload is not None:
        _keep(workspace, upload.name, upload.getvalue())
    known = {digest: name for digest, name in workspace.artefacts().items() if name.lower().endswith(".h5")}
    if not known:
        st.caption("Upload a file to continue.")
        st.stop()
    digest = st.selectbox("Which file", list(known), format_func=lambda digest: known[digest], key="weights_digest")
    st.badge(f"Your file {formatting.escape(known[digest])}", icon=":material/upload_file:", color="violet")
    return f"file:{digest}"


def _keep(workspace: Workspace, name: str, content: bytes) -> None:
    reason = why_not_weights(content[:N_HEAD_BYTES])
    if reason:
        st.warning(f"{formatting.escape(name)} {formatting.escape(reason)}", icon=":material/rule:")
        return
    if not writing.try_to(lambda: workspace.put_artefact(clean_name(name), content)):
        return
    digest = hashlib.sha256(content).hexdigest()
    session.remember("weights_number", int(str(session.recall("weights_number", 0))) + 1)
    session.remember("weights_digest", digest)
    st.rerun()
