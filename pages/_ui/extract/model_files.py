"""Models that the user brings: upload one into the workspace, pick one, see what is in it."""

import hashlib

import streamlit as st

from featx_core.base.files.file_names import clean_name
from featx_core.networks.own.bringing import ENDING, check_file
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.versions import why_off
from featx_core.studies.models.own_model import OwnModelStudy
from featx_core.worker.jobs import Job
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, fragments, jobs, session, writing

DIGEST_KEY = "model_digest"
_LIMIT_MB = 200


def pick(workspace: Workspace) -> ModelFacts:
    """Let the user pick a model of the workspace, or bring one. Stops the page until there is one that can be used."""
    if reason := why_off():
        st.warning(f"A `.keras` file {formatting.escape(reason)}", icon=":material/rule:")
        fragments.end_page()
    number = session.recall("model_number", 0)
    upload = st.file_uploader(
        "A `.keras` file",
        key=f"model_file_{number}",
        max_upload_size=_LIMIT_MB,
        help="As `model.save('name.keras')` writes it in Keras 3. It is inspected, and loaded in a process of "
        "its own, before it is used. No code in it is run.",
    )
    if upload is not None:
        _keep(workspace, upload.name, upload.getvalue())
    known = {digest: name for digest, name in workspace.artefacts().items() if name.lower().endswith(ENDING)}
    if not known:
        st.caption("Bring in a `.keras` file to continue.")
        fragments.end_page()
    digest = st.selectbox("Which model", list(known), format_func=lambda digest: known[digest], key=DIGEST_KEY)
    facts, job = jobs.fetch(OwnModelStudy(f"file:{digest}"))
    if facts is None:
        _show_checking(workspace, digest, job)
        fragments.end_page()
    st.badge(f"Your model {formatting.escape(known[digest])}", icon=":material/upload_file:", color="violet")
    st.caption(formatting.escape(_words(facts)))
    return facts


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
    return f"{', '.join(words)}, saved by Keras {facts.keras_version}"


def _keep(workspace: Workspace, name: str, content: bytes) -> None:
    try:
        check_file(content, name)
    except ModelFileError as error:
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        return
    if not writing.try_to(lambda: _put(workspace, name, content)):
        return
    session.remember("model_number", int(str(session.recall("model_number", 0))) + 1)
    session.remember(DIGEST_KEY, hashlib.sha256(content).hexdigest())
    st.rerun()


def _put(workspace: Workspace, name: str, content: bytes) -> None:
    writing.check_upload(workspace, len(content))
    shown = clean_name(name)
    workspace.put_artefact(shown if shown.lower().endswith(ENDING) else f"{shown}{ENDING}", content)
