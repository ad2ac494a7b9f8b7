"""The runs of a workspace: the newest in the sidebar, all of them in a list that can be searched."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from featx_core.extraction.vector_sets import depending_runs
from featx_core.methods.registry import METHODS
from featx_core.specs.lambda_transform import derived_from
from featx_core.specs.spec import Spec
from featx_core.specs.vector_table import VectorTable
from featx_core.studies.rows.compared import name_runs
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, runs, session, undo, writing

N_SHOWN = 6
_EVERY = "All methods"
_PRESSED = "run_to_open"


def show() -> Run | None:
    """Show the newest runs, one line each; give the one that was just pressed, here or in the list of all."""
    found = session.workspace().ledger.runs()
    if not found:
        return None
    names = {digest: name for name, digest in name_runs(found).items()}
    st.caption(formatting.counted(len(found), "run"))
    pressed = None
    with st.container(key="runs", gap=None):
        for run in found[:N_SHOWN]:
            words = f"{formatting.run_dot(run)} {formatting.escape(names[run.digest])}"
            about = formatting.escape(f"{run.title}, {run.spec.badge}")
            if st.button(words, key=f"open_{run.digest[:16]}", type="tertiary", width="stretch", help=about):
                pressed = run
        if len(found) > 1 and st.button("All runs", icon=":material/list:", key="all_runs", type="tertiary"):
            _all()
    digest = session.take(_PRESSED)
    return next((run for run in found if run.digest == digest), pressed)


def delete(found: Sequence[Run]) -> None:
    """Take runs out, and offer to take that back."""
    workspace = session.workspace()

    def remove() -> None:
        digests = dict.fromkeys(digest for run in found for digest in (run.digest, *_made_from(run)))
        key = workspace.removals.take_runs(digests)
        was = "was" if len(digests) == 1 else "were"
        undo.offer(workspace, key, f"{formatting.counted(len(digests), 'run')} {was} deleted.")
        runs.watch_none()

    writing.try_to(remove)


def _made_from(run: Run) -> list[str]:
    """Return what cannot be read without a run: formulas of its features, and what was made from a set of vectors."""
    workspace = session.workspace()
    if isinstance(run.spec, VectorTable):
        return [other.digest for other in depending_runs(workspace, run.digest)]
    return [other.digest for other in workspace.ledger.runs() if run.digest in _sources(other.spec)]


def _sources(spec: Spec) -> list[str]:
    source = derived_from(spec)
    return [] if source is None else [source.digest, *_sources(source)]


@st.dialog("Runs", width="large")
def _all() -> None:
    found = session.workspace().ledger.runs()
    names = {digest: name for name, digest in name_runs(found).items()} if found else {}
    left, right = st.columns([2, 1])
    wanted = left.text_input("Search", type="search", live=True, key="search_runs").casefold().split()
    kinds = list(dict.fromkeys(run.spec.method for run in found))
    words = {_EVERY: _EVERY} | {kind: METHODS[kind].title if kind in METHODS else "Vectors" for kind in kinds}
    kind = right.selectbox("Method", list(words), format_func=words.__getitem__, key="method_of_runs")
    shown = [run for run in found if kind in (_EVERY, run.spec.method) and _has(run, names[run.digest], wanted)]
    chosen = [shown[row] for row in _table(shown, names) if row < len(shown)]
    line = st.container(horizontal=True)
    if line.button("Open", icon=":material/open_in_new:", key="open_run", disabled=len(chosen) != 1, type="primary"):
        session.remember(_PRESSED, chosen[0].digest)
        st.rerun()
    if line.button("Delete", icon=":material/delete:", key="delete_runs", disabled=not chosen):
        delete(chosen)
        st.rerun()


def _has(run: Run, name: str, wanted: Sequence[str]) -> bool:
    text = f"{name} {run.title} {run.spec.badge}".casefold()
    return all(word in text for word in wanted)


def _table(shown: Sequence[Run], names: dict[str, str]) -> list[int]:
    """Show runs as a table; give the rows that are selected."""
    import pandas as pd

    rows = [
        {
            "Run": names[run.digest],
            "Weights": run.spec.badge,
            "Images": run.details.get("n_images"),
            "Extracted": datetime.fromisoformat(run.created),
        }
        for run in shown
    ]
    columns = {
        "Extracted": st.column_config.DatetimeColumn(format="calendar"),
        "Run": st.column_config.TextColumn(width=260),
    }
    event = st.dataframe(
        pd.DataFrame(rows, columns=["Run", "Weights", "Images", "Extracted"]),
        hide_index=True,
        height=formatting.table_height(len(rows), 420),
        on_select="rerun",
        selection_mode="multi-row",
        key=f"runs_{len(shown)}",
        column_config=columns,
        alt="Runs",
    )
    return list(event.selection.rows)
