"""One click from nothing to a map and heatmaps: photographs come in, features are extracted, results are drawn."""

import contextlib

import streamlit as st

from featx_core.images.sample_photographs import SampleMissingError
from featx_core.images.samples import SAMPLES
from featx_core.methods.defaults import sample_spec
from featx_core.tasks.requests import ExtractJob
from featx_core.worker.jobs import Job
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, fragments, frame, imports, jobs, runs, session, writing

SAMPLE = "photographs"  # a key of `SAMPLES`
_LED_TO = "one_click"  # the fact of a workspace that names the extraction
_STEPS = ("Bring in photographs", "Extract features", "Draw map and heatmaps")


def offer(workspace: Workspace) -> None:
    """Show the button that does it all."""
    if not st.button(
        "Try with photographs", type="primary", icon=":material/auto_awesome:", key="try_photographs", width="stretch"
    ):
        return
    try:
        is_begun = writing.try_to(lambda: _begin(workspace))
    except SampleMissingError as error:
        st.warning(formatting.escape(str(error)), icon=":material/extension_off:")
    else:
        if is_begun:
            frame.open_page("extract")


def name_after(workspace: Workspace, name: str) -> None:
    """Give a workspace the title of a sample set that comes into it, and say whom to thank."""
    sample = SAMPLES[name]
    if workspace.title == "Untitled":
        workspace.title = sample.title
    if sample.attribution:
        workspace.set_fact("attribution", sample.attribution)


def _begin(workspace: Workspace) -> None:
    """Begin an intake that leads on to an extraction by itself, whichever page is looked at, also after a reload."""
    sample, asked, owner = SAMPLES[SAMPLE], ExtractJob(sample_spec()), session.token()
    files = sample.make()
    name_after(workspace, SAMPLE)

    def extract() -> None:
        job = jobs.supervisor().submit(
            asked.task,
            workspace_path=workspace.path,
            parameters=asked.to_parameters(),
            title=f"{asked.spec.title} on {formatting.counted(len(workspace.images()), 'image')}",
            owner=owner,
        )
        with contextlib.suppress(WorkspaceError):  # these are for after a reload alone
            workspace.set_fact("watched", asked.spec.to_json())
            workspace.set_fact(_LED_TO, job.key)

    imports.start(
        workspace, files, title="Bringing in photographs", limited=False, expected=sample.n_images, then=extract
    )
    session.remember("asked", asked)
    session.remember(runs.VIEW, "Result")


def is_coming_in(workspace: Workspace) -> bool:
    """Return whether images come in from which features will be extracted by themselves."""
    entry = imports.current(workspace)
    return entry is not None and entry.then is not None and not entry.ended


def show_coming_in() -> None:
    """Show how far the images are, until the extraction begins."""
    with st.container(height=620, border=True):
        _show_steps(0)
        jobs.stands_here(jobs.IMPORT)
        fragments.draw(_progress, run_every=jobs.POLL_SECONDS)()


def show_steps_of(job: Job, workspace: Workspace) -> None:
    """Show where one is, over the progress of the extraction that the click led to."""
    if workspace.fact(_LED_TO) == job.key:
        _show_steps(1)


def _show_steps(current: int) -> None:
    with st.container(horizontal=True, gap="large"):
        for number, words in enumerate(_STEPS):
            mark = ":material/check_circle:" if number < current else f":material/counter_{number + 1}:"
            st.markdown(f"{mark} **{words}**" if number == current else f":gray[{mark} {words}]", width="content")


def _progress() -> None:
    entry = imports.current(session.workspace())
    if entry is None or entry.ended:
        st.rerun(scope="app")
        return
    share = min(entry.done / entry.total, 1.0) if entry.total else 0.0
    st.progress(share, text=f"**{entry.title}**  \n{entry.done} of {entry.total} images")
    if st.button("Cancel", key="cancel_one_click", icon=":material/close:", type="tertiary"):
        entry.stop.set()
        session.remember(runs.VIEW, "Set up")
