"""What a page says when something that it needs is missing: one sentence and one button."""

import streamlit as st

from featx_core.images.image_set import ImageSet
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, fragments, frame, session

_OFFERED = 3  # runs in place of one that does not fit


def need_images(images: ImageSet) -> None:
    """Stop the page here when there are no images."""
    if not len(images):
        st.markdown("There are no images in this workspace yet.")
        if st.button("Add images", type="primary", icon=":material/photo_library:"):
            frame.open_page("images")
        fragments.end_page()


def need_rows(workspace: Workspace) -> None:
    """Stop the page here when there are neither images nor features of rows that are none."""
    images = workspace.images()
    if not len(images) and not _without_images(workspace):
        need_images(images)


def need_runs(workspace: Workspace) -> list[Run]:
    """Stop the page here when nothing was extracted; give the runs, newest first."""
    need_rows(workspace)
    found = workspace.ledger.runs() if len(workspace.images()) else _without_images(workspace)
    if not found:
        st.markdown("No features have been extracted yet.")
        if st.button("Extract features", type="primary", icon=":material/memory:"):
            frame.open_page("extract")
        fragments.end_page()
    return found


def need_network(run: Run, found: list[Run]) -> None:
    """Stop the page here when a run has no network that looks at images; offer the runs that have one."""
    if run.spec.takes_images:
        return
    st.markdown(f"{formatting.escape(run.title)} holds only numbers, so there are no heatmaps.")
    others = [other for other in found if other.spec.takes_images][:_OFFERED]
    for other in others:
        words, picked = f"Heatmaps of {formatting.escape(other.title)}", ("picked_run", other.digest)
        st.button(words, key=f"heatmaps_of_{other.digest[:12]}", on_click=session.remember, args=picked)
    if not others:
        has_images = len(session.workspace().images()) > 0
        if st.button("Extract features" if has_images else "Add images", type="primary"):
            frame.open_page("extract" if has_images else "images")
    fragments.end_page()


def _without_images(workspace: Workspace) -> list[Run]:
    return [run for run in workspace.ledger.runs() if not run.spec.takes_images]
