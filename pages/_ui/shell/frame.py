"""What stands around every page: configuration, navigation, the sidebar."""

import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from featx_core.extraction.vector_sets import vector_sets
from featx_core.images.sorting import order
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import compat, formatting, jobs, library, questions, run_list, runs, session, undo, writing
from pages._ui.shell.serving import theme, warming

PAGES = (
    ("images", "Images", ":material/photo_library:"),
    ("extract", "Extract", ":material/memory:"),
    ("map", "Map", ":material/scatter_plot:"),
    ("heatmaps", "Heatmaps", ":material/local_fire_department:"),
    ("compare", "Compare", ":material/leaderboard:"),
    ("report", "Report", ":material/article:"),
)
SIDEBAR_WIDTH = 240  # pixels
_ICON = f"data:image/png;base64,{b64encode(Path(__file__).with_name('icon.png').read_bytes()).decode()}"
_FOLDER = Path(__file__).resolve().parents[2]
_around = threading.local()  # per run of a script; the session's state refuses to be written when a run is cut short


def _pages() -> list[Any]:
    return [
        st.Page(_FOLDER / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "images")
        for name, title, icon in PAGES
    ]


def _configure() -> None:
    """Set title, icon and layout. Before `st.navigation`, or the browser fetches the icon of a page from Google."""
    st.set_page_config(page_title="featx", page_icon=_ICON, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)


def show() -> None:
    """Draw the frame and, in it, the page that was asked for."""
    _configure()
    theme.show()
    st.logo(_ICON, size="large")
    pages = _pages()
    page = st.navigation(pages, position="hidden")
    _around.is_there = True
    try:
        with compat.forgetting():
            _show_around(pages, page)
    finally:
        _around.is_there = False
        warming.page_stands()


def _show_around(pages: list[Any], page: Any) -> None:
    """Draw the sidebar, the page, and what goes on beside it."""
    session.settle_address()
    session.workspace()
    noted = jobs.going_on()
    questions.begin_page()
    with st.sidebar:
        _links(pages)
        _workspace_menu()
        _ledger()
        theme.watch()
    session.show_problem()
    jobs.show_ended(noted)
    undo.show()
    aside = st.container(key="going_on")
    if page.title != PAGES[0][1]:
        session.close_report()
    try:
        page.run()
    except StopException:  # the page ends early
        with aside:
            jobs.show_others(noted)
        raise
    with aside:
        jobs.show_others(noted)


def guard() -> None:
    """Send a page that was reached without the frame around it back through the frame.

    Until one session has run `st.navigation`, Streamlit runs the file of a page by itself.
    """
    if not getattr(_around, "is_there", False):
        _configure()
        st.navigation(_pages())
        st.rerun()


def _links(pages: list[Any]) -> None:
    """Show the way to each page. The links carry the workspace, so that a page opened in a new tab shows the same one.

    Those of `st.navigation` do not: the address then changes twice for one click, and Back goes to the page one is on.
    """
    with st.container(key="pages", gap="xsmall"):
        for page in pages:
            st.page_link(page, query_params={"w": session.token()}, width="stretch")
    st.divider()


def open_page(name: str) -> None:
    """Go to another page, with the same workspace."""
    st.switch_page(_FOLDER / f"{name}.py", query_params={"w": session.token()})


def _workspace_menu() -> None:
    workspace = session.workspace()
    images = workspace.images()
    n_images = len(images)
    n_labels = order.n_labels(images)
    with st.popover(formatting.escape(workspace.title), icon=":material/folder_open:", width="stretch"):
        title = st.text_input("Workspace name", value=workspace.title, max_chars=80)
        if title.strip() and title.strip() != workspace.title:
            _rename(workspace, title.strip())
        st.download_button(
            "Download workspace",
            data=lambda: formatting.snapshot(workspace),
            file_name=f"{formatting.file_stem(workspace.title)}.featx",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
            help=f"Images, labels, runs and features: about {formatting.size(workspace.file_bytes())}. {_opens(workspace)}",
        )
        if st.button("New workspace", icon=":material/add:", width="stretch"):
            session.switch(library.new_token())
            st.rerun()
        _open_file()
        _open_recent()
    counts = f"{formatting.counted(n_images, 'image')}, {formatting.counted(n_labels, 'label')}"
    n_sets = len(vector_sets(workspace))
    words = [counts] if n_images or not n_sets else []
    words += [f"{formatting.counted(n_sets, 'set')} of vectors"] if n_sets else []
    st.caption(", ".join(words) if n_images or n_sets else "No images yet")


def _opens(workspace: Workspace) -> str:
    n_linked = workspace.n_linked()
    if not n_linked:
        return "Open it on any machine with featx."
    stays = "stays" if n_linked == 1 else "stay"
    return f"{formatting.counted(n_linked, 'linked file')} {stays} on this computer, with thumbnails alone in the workspace."


def _rename(workspace: Workspace, title: str) -> None:
    if writing.try_to(lambda: setattr(workspace, "title", title)):
        st.rerun()


def _open_file() -> None:
    upload = st.file_uploader("Open a workspace file", type=["featx"], key="open_file", max_upload_size=2048)
    if upload is not None:
        try:
            session.switch(library.adopt(upload.getvalue(), keeps_links=session.is_local()))
        except WorkspaceError as error:
            st.error(str(error), icon=":material/error:")
        else:
            compat.release([upload])
            st.rerun()


def _open_recent() -> None:
    others = [entry for entry in library.recent() if entry.token != session.token()] if session.is_local() else []
    if others:
        st.caption("Recent workspaces")
    for entry in others:
        words = f"{formatting.escape(entry.title)}, {entry.holds}, {formatting.ago(entry.changed)}"
        if st.button(words, key=f"recent_{entry.token}", type="tertiary", icon=":material/history:"):
            session.switch(entry.token)
            st.rerun()


def _ledger() -> None:
    """Show the runs; one that is pressed opens its card."""
    pressed = run_list.show()
    if pressed is not None:
        runs.watch(pressed)
        open_page("extract")
