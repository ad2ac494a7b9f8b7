"""What can be done with a run on its card: call it otherwise, extract again with changes, delete it, look at it elsewhere."""

import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.workspace.runs import MAX_RUN_NAME, Run
from pages._ui.extract import forms
from pages._ui.shell import run_list, runs, session, writing

_HEIGHT = 300  # pixels


def show(run: Run, place: DeltaGenerator) -> None:
    """Show them, for a run that is kept."""
    if not run.is_saved:
        return
    if run.spec.method in forms.FILLS:
        place.button(
            "Change settings",
            icon=":material/tune:",
            key="run_again",
            help="Puts the settings of this run into the form, to extract again with changes.",
            on_click=_change,
            args=(run,),
        )
    with place.popover("Rename", icon=":material/edit:", key=f"rename_{_times()}"):
        name = st.text_input(
            "Name of the run", value=run.title, max_chars=MAX_RUN_NAME, key=f"name_{run.digest[:12]}_{_times()}"
        )
        if st.button("Rename", key="rename_run", disabled=name.strip() == run.title):
            _rename(run, name.strip())
    if run.spec.takes_images:
        with place.popover("JSON", icon=":material/data_object:"):
            _show_json(run)
    place.button("Delete", icon=":material/delete:", key="delete_run", on_click=run_list.delete, args=([run],))


def _show_json(run: Run) -> None:
    """Show the spec as the command line reads it, and the command."""
    text = json.dumps(json.loads(run.spec.to_json()), indent=1)
    st.code(text, language="json", height=_HEIGHT)
    needs_files = '"file:' in text
    files = " --files-from run.featx" if needs_files else ""
    st.caption(f"Copy it into `run.json`: `featx extract photos/ --spec run.json{files} -o features.parquet`")
    if needs_files:
        st.caption("Its weights lie in this workspace: download that as `run.featx`.")


def _times() -> int:
    """How often this session renamed a run: the next popover is a new one, which is closed."""
    found = session.recall("times_renamed", 0)
    return found if isinstance(found, int) else 0


def _change(run: Run) -> None:
    forms.fill(run.spec, session.workspace())
    session.remember(runs.VIEW, runs.VIEWS[0])


def _rename(run: Run, name: str) -> None:
    new = "" if name == run.spec.title else name
    if writing.try_to(lambda: session.workspace().ledger.rename(run.digest, new)):
        session.remember("times_renamed", _times() + 1)
        st.rerun()
