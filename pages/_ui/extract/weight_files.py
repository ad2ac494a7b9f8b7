"""Weights files that the person brings: upload one into the workspace, pick one."""

import streamlit as st

from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, session

_LIMIT_MB = 200
_HDF5 = b"\x89HDF\r\n\x1a\n"


def pick(workspace: Workspace) -> str:
    """Let the person pick a weights file of the workspace, or bring one. Gives the spec's `weights`."""
    number = session.recall("weights_number", 0)
    upload = st.file_uploader(
        "Weights file",
        type=["h5"],
        key=f"weights_file_{number}",
        max_upload_size=_LIMIT_MB,
        help="A `.h5` or `.weights.h5` file saved by Keras from the same architecture without its top.",
    )
    if upload is not None:
        _keep(workspace, upload.name, upload.getvalue())
    known = workspace.artefacts()
    if not known:
        st.caption("Bring a file to go on.")
        st.stop()
    digest = st.selectbox("Which file", list(known), format_func=lambda digest: known[digest], key="weights_digest")
    st.badge(f"Your file {formatting.escape(known[digest])}", icon=":material/upload_file:", color="violet")
    return f"file:{digest}"


def _keep(workspace: Workspace, name: str, content: bytes) -> None:
    if not content.startswith(_HDF5):
        st.warning("This is not a weights file of Keras: it is not in the HDF5 format.", icon=":material/rule:")
        return
    digest = workspace.put_artefact(name, content)
    session.remember("weights_number", int(str(session.recall("weights_number", 0))) + 1)
    session.remember("weights_digest", digest)
    st.rerun()
