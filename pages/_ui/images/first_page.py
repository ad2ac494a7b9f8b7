"""The first page of an empty workspace: a place for one's images, one click that shows it done, and what comes of it."""

import streamlit as st

from featx_core.images.sample_photographs import PHOTOGRAPHS
from featx_core.images.samples import SAMPLES
from featx_core.workspace.workspace import Workspace
from pages._ui.images import one_click, upload
from pages._ui.shell import formatting, imports, jobs, library, session

_SHOWN = (
    ("heatmap", "Where it looks", "A heatmap for each class that the network names."),
    ("map", "What it finds alike", "A map on which similar images lie close together."),
    ("verdict", "Which network to take", "A comparison that says when there is no difference."),
)
_N_RECENT = 4
_AUTHORS = ", ".join(dict.fromkeys(each.short_credit for each in PHOTOGRAPHS if each.is_free))


def show(workspace: Workspace) -> None:
    """Show the first screen of an empty workspace."""
    st.title("featx", anchor=False)
    st.markdown("See what neural networks see in your images.")
    upload.show_reports(workspace)
    if imports.current(workspace) is not None:
        jobs.show_import()
        return
    grid = st.grid(2, min_column_width=360, border=True)
    with grid.cell():
        upload.drop_zone(workspace)
        st.caption(upload.TABLES)
        upload.local_folder(workspace)
    with grid.cell():
        _show_samples(workspace)
    _show_pictures()
    if session.is_local():
        _show_recent()


def _show_samples(workspace: Workspace) -> None:
    st.header("No images at hand?", anchor=False)
    one_click.offer(workspace)
    st.caption(
        f"{SAMPLES[one_click.SAMPLE].caption} One click brings them in, extracts features and draws a map and heatmaps."
    )
    with st.popover("Other sample sets", icon=":material/auto_awesome_mosaic:"):
        upload.samples(workspace, [name for name in SAMPLES if name != one_click.SAMPLE])


def _show_pictures() -> None:
    shade = "dark" if session.is_dark() else "light"
    grid = st.container(key="first_pictures").grid(len(_SHOWN), min_column_width=270)
    for name, title, words in _SHOWN:
        with grid.cell():
            st.markdown(f"![{title}. {words}](/first-page/{name}-{shade})")
            st.markdown(f"**{title}**  \n:small[:gray[{words}]]")
    st.caption(
        "Made from photographs and digits of others.",
        help=f"Photographs by {_AUTHORS}; digits by E. Alpaydin and C. Kaynak.",
    )


def _show_recent() -> None:
    found = library.recent()
    if found:
        st.header("Recent workspaces", anchor=False)
    for entry in found[:_N_RECENT]:
        words = f"{formatting.escape(entry.title)}, {entry.holds}, {formatting.ago(entry.changed)}"
        if st.button(words, key=f"again_{entry.token}", icon=":material/history:", type="tertiary"):
            session.switch(entry.token)
            st.rerun()
