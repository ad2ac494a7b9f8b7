"""The sets of vectors of a workspace on the Images page: what came in, what there is, remove."""

from dataclasses import dataclass

import streamlit as st

from featx_core.extraction.row_links import link_rows
from featx_core.extraction.rows import rows_of
from featx_core.extraction.vector_sets import depending_runs, take_vectors
from featx_core.extraction.vector_sets import vector_sets as found
from featx_core.specs.spec import SpecError
from featx_core.tables.rows import Vectors
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace, image_set_key
from pages._ui.shell import formatting, frame, runs, session, undo, writing

__all__ = ["REPORT", "found", "linked_words", "show", "show_report"]

REPORT = "vectors_report"  # the key of the set that has just come in


@dataclass(frozen=True)
class _Facts:
    n_rows: int
    n_labels: int
    n_linked: int


def linked_words(vectors: Vectors, workspace: Workspace) -> str:
    """Say how many rows belong to images of the workspace."""
    images = workspace.images()
    if not len(images):
        return ""
    if vectors.digests is not None:
        known = set(images.digests)
        return _linked(sum(digest in known for digest in vectors.digests))
    names = vectors.names
    n_linked = sum(image is not None for image in link_rows(names, images)) if names is not None else 0
    return _linked(n_linked)


def show_report(workspace: Workspace) -> None:
    """Say what came in last, until the user closes it."""
    digest = session.recall(REPORT)
    run = workspace.ledger.find(digest) if isinstance(digest, str) else None
    if run is None:
        return
    with st.container(border=True, key="vectors_in"):
        line = st.container(horizontal=True, vertical_alignment="center", wrap=False)
        words = [f"{run.title} is in: {_words(run, workspace)}.", *run.details.get("notes", [])]
        line.markdown(formatting.escape(" ".join(words)))
        if line.button("", icon=":material/close:", type="tertiary", help="Close this report", key="close_vectors"):
            session.take(REPORT)
            st.rerun()


def show(workspace: Workspace) -> None:
    """List the sets of vectors, each with what can be done with it."""
    sets = found(workspace)
    if not sets:
        return
    st.markdown(f"**{formatting.counted(len(sets), 'set')} of vectors**")
    for run in sets:
        with st.container(border=True, key=f"set_{run.digest[:12]}"):
            line = st.container(horizontal=True, vertical_alignment="center")
            title, words = formatting.escape(run.title), formatting.escape(_words(run, workspace))
            words = f"{formatting.run_dot(run)} **{title}**  \n{words}"
            line.markdown(words, width="stretch")
            _actions(line, run, workspace)


def _actions(line: st.delta_generator.DeltaGenerator, run: Run, workspace: Workspace) -> None:
    if line.button("Map", icon=":material/scatter_plot:", key=f"map_of_{run.digest[:12]}"):
        session.remember("picked_run", run.digest)
        frame.open_page("map")
    if line.button("Numbers", icon=":material/table:", key=f"look_at_{run.digest[:12]}"):
        runs.watch(run)
        frame.open_page("extract")
    with line.popover("Remove", icon=":material/delete:"):
        others = depending_runs(workspace, run.digest)
        also = f", and {formatting.counted(len(others), 'run')} made from it" if others else ""
        st.markdown(f"Remove {formatting.escape(run.title)}{also}? Images are kept.")
        if st.button("Remove it", type="primary", key=f"remove_{run.digest[:12]}"):
            _remove(workspace, run)


def _remove(workspace: Workspace, run: Run) -> None:
    """Take a set out, and offer to bring it back."""
    n_others = len(depending_runs(workspace, run.digest))
    also = f" and {formatting.counted(n_others, 'run')} made from it were" if n_others else " was"

    def take() -> None:
        undo.offer(workspace, take_vectors(workspace, run.digest), f"{formatting.escape(run.title)}{also} removed.")

    if writing.try_to(take):
        st.rerun()


def _words(run: Run, workspace: Workspace) -> str:
    images = workspace.images()
    state = hash((image_set_key(images), *images.names, *images.labels))
    try:
        facts = _facts(session.token(), run.digest, state, run, workspace)
    except SpecError as error:
        return str(error)
    n_values = run.details.get("feature_shape", [0])[0]
    parts = [f"{formatting.counted(facts.n_rows, 'row')} of {formatting.counted(n_values, 'number')}"]
    parts += [formatting.counted(facts.n_labels, "label")] if facts.n_labels else []
    parts += [_linked(facts.n_linked)[:-1].lower()] if len(images) else []
    return ", ".join(parts)


def _linked(n_linked: int) -> str:
    if not n_linked:
        return "No row matches the name of an image."
    return (
        f"{formatting.counted(n_linked, 'row')} {'belongs' if n_linked == 1 else 'belong'} to images of this workspace."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _facts(_token: str, digest: str, state: int, _run: Run, _workspace: Workspace) -> _Facts:
    del digest, state
    rows = rows_of(_run.spec, _workspace)
    known = set(_workspace.images().digests)
    n_labels = len({label for label in rows.labels if label})
    return _Facts(len(rows), n_labels, sum(digest in known for digest in rows.digests))
