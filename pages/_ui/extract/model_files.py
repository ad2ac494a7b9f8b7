"""Models that the user brings: upload one into the workspace, pick one, see what is in it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from featx_core.networks.own.bringing import ENDINGS, check_files
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.onnx.files import ONNX_ENDING
from featx_core.networks.own.versions import why_off
from featx_core.studies.models.own_model import OwnModelStudy
from featx_core.worker.jobs import Job
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import compat, formatting, fragments, jobs, session, writing

DIGEST_KEY = "model_digest"
_REFUSED = "model_refused"  # why the last file was not taken
_LIMIT_MB = 200


def pick(workspace: Workspace) -> ModelFacts:
    """Let the user pick a model of the workspace, or bring one. Stops the page until there is one that can be used."""
    reason = why_off()
    if reason:
        st.warning(f"A `.keras` file {formatting.escape(reason)}", icon=":material/rule:")
    number = session.recall("model_number", 0)
    uploads = st.file_uploader(
        "A `.keras` or `.onnx` file",
        accept_multiple_files=True,
        key=f"model_file_{number}",
        max_upload_size=_LIMIT_MB,
        help="As Keras 3 writes it with `model.save`, or PyTorch with `torch.onnx.export`. Drop an `.onnx` together with its "
        "`.onnx.data`, or a zip of both. Files are inspected, and loaded in a process of their own, before they are used. "
        "No code in them is run.",
    )
    if uploads:
        session.remember(_REFUSED, "")
        _keep(workspace, uploads)
    if refused := session.recall(_REFUSED, ""):
        _show_refusal(str(refused))
    endings = ENDINGS if not reason else (ONNX_ENDING,)
    known = {digest: name for digest, name in workspace.artefacts().items() if name.lower().endswith(endings)}
    if not known:
        st.caption("Bring in a `.keras` or `.onnx` file to continue.")
        fragments.end_page()
    digest = st.selectbox("Which model", list(known), format_func=lambda digest: known[digest], key=DIGEST_KEY)
    facts, job = jobs.fetch(OwnModelStudy(f"file:{digest}"))
    if facts is None:
        _show_checking(workspace, digest, job)
        fragments.end_page()
    st.badge(f"Your model {formatting.escape(known[digest])}", icon=":material/upload_file:", color="violet")
    st.caption(formatting.escape(_words(facts)))
    return facts


def _show_refusal(reason: str) -> None:
    """Say why the last file was not taken, until the user has read it."""
    line = st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False)
    line.warning(formatting.escape(reason), icon=":material/rule:")
    line.button(
        "",
        icon=":material/close:",
        type="tertiary",
        help="Close",
        key="close_refusal",
        on_click=session.remember,
        args=(_REFUSED, ""),
    )


def _show_checking(workspace: Workspace, digest: str, job: Job | None) -> None:
    """Show how far the check is; where it ended with a refusal, offer to remove the file."""
    if job is None:
        return
    jobs.show(job)
    if job.state == "failed":
        st.button(
            "Remove this file",
            icon=":material/delete:",
            key="remove_model",
            on_click=workspace.remove_artefact,
            args=(digest,),
        )


def _words(facts: ModelFacts) -> str:
    """Say what is in a model, such as "3 layers, 1.2 M parameters, saved by Keras 3.15.1"."""
    size = f"{facts.n_parameters / 1e6:.3g} M" if facts.n_parameters >= 1e5 else f"{facts.n_parameters:,}"
    outputs = [f"{len(facts.outputs)} outputs"] if len(facts.outputs) > 1 else []
    words = [formatting.counted(facts.n_layers, "layer"), f"{size.replace(',', ' ')} parameters", *outputs]
    return f"{', '.join(words)}, saved by {facts.saved_by}"


def _keep(workspace: Workspace, uploads: Sequence[Any]) -> None:
    files = {upload.name: upload.getvalue() for upload in uploads}
    try:
        name, content = check_files(files)
    except ModelFileError as error:
        session.remember(_REFUSED, str(error))
        if not any(name.lower().endswith(ONNX_ENDING) for name in files):  # else the file of its weights may come next
            _begin_anew(uploads)
        return
    if not writing.try_to(lambda: _put(workspace, name, content)):
        return
    session.remember(DIGEST_KEY, hashlib.sha256(content).hexdigest())
    _begin_anew(uploads)


def _begin_anew(uploads: Sequence[Any]) -> None:
    """Draw the page with nothing in the drop zone, so that the next file stands alone in it."""
    compat.release(uploads)
    session.remember("model_number", int(str(session.recall("model_number", 0))) + 1)
    st.rerun()


def _put(workspace: Workspace, name: str, content: bytes) -> None:
    writing.check_upload(workspace, len(content))
    workspace.put_artefact(name, content)
