"""Whose session this is: its workspace, found again after a reload through the page's address."""

import contextlib
from typing import NoReturn

import streamlit as st

from featx_core.images.rendering.choice import USUAL
from featx_core.workspace.store import DiskFullError, WorkspaceBusyError, WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import fragments, hosts, library

REPORT_SHOWN, REPORT_CLOSED = "report_shown", "report_closed"
"""The report of an intake that is shown, and that which was closed."""


def is_local() -> bool:
    """Return whether only people at this machine can reach the server."""
    return st.get_option("server.address") in hosts.LOCAL_NAMES


def is_dark() -> bool:
    """Return whether the page is drawn on a dark ground."""
    return st.context.theme.type == "dark"


def token() -> str:
    """Return the id of this session's workspace."""
    found = st.session_state.get("token")
    if found is None:
        asked = st.query_params.get("w", "")
        if asked and not library.exists(asked):
            st.session_state["missing"] = True
        found = st.session_state["token"] = asked if library.exists(asked) else library.new_token()
    return str(found)


def settle_address() -> None:
    """Let the page's address carry the id of this session's workspace. Once in each run of a page."""
    found = token()
    if st.query_params.get("w") != found:
        st.query_params["w"] = found


def thumbnails() -> str:
    """Return the address of the folder of thumbnails: another one once images look different, as browsers keep them."""
    rendering = workspace().rendering
    return f"/thumbnail/{token()}/" if rendering == USUAL else f"/thumbnail/{token()}/{rendering}/"


def workspace() -> Workspace:
    """Open this session's workspace, making it at the first visit.

    For one that cannot be opened now, the page waits for the user. One that cannot be opened at all is named on the page,
    and a new one takes its place for this session.
    """
    waiting = st.spinner("Opening the workspace") if library.takes_long(token()) else contextlib.nullcontext()
    try:
        with waiting:
            return library.open_workspace(token(), make=True)
    except (WorkspaceBusyError, DiskFullError) as error:
        _offer_to_wait(error)
    except WorkspaceError as error:
        st.session_state["problem"] = str(error)
        switch(library.new_token())
    try:
        return library.open_workspace(token(), make=True)
    except WorkspaceError as error:
        _offer_to_wait(error)


def _offer_to_wait(error: WorkspaceError) -> NoReturn:
    """Say why the workspace cannot be opened now, and end the page there; its link stays what it is."""
    st.warning(str(error), icon=":material/hourglass:")
    line = st.container(horizontal=True)
    line.button("Try again", type="primary", icon=":material/refresh:", key="open_again")
    line.button("New workspace", icon=":material/add:", key="open_new", on_click=lambda: switch(library.new_token()))
    fragments.end_page()


def switch(new: str) -> None:
    """Go over to another workspace. What the pages remember of the old one is forgotten."""
    kept = {name: st.session_state[name] for name in ("problem",) if name in st.session_state}
    st.session_state.clear()
    st.session_state.update(kept)
    st.session_state["token"] = new
    st.query_params["w"] = new


def show_problem() -> None:
    """Say once what was wrong with the workspace that was asked for."""
    problem = st.session_state.pop("problem", None)
    if st.session_state.pop("missing", False):
        problem = "The workspace of this link is not on this computer. This is a new, empty workspace."
    if problem:
        st.warning(problem, icon=":material/folder_off:")


def close_report() -> None:
    """Close the report of the last intake that was shown, if one was."""
    shown = take(REPORT_SHOWN)
    if shown is not None:
        remember(REPORT_CLOSED, shown)


def remember(name: str, value: object) -> None:
    """Keep a small value for the later runs of this session's pages."""
    st.session_state[name] = value


def recall(name: str, default: object = None) -> object:
    """Fetch what `remember` kept."""
    return st.session_state.get(name, default)


def take(name: str) -> object:
    """Fetch what `remember` kept, and forget it."""
    return st.session_state.pop(name, None)
