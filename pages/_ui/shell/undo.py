"""Taking something back that was removed: offered for some seconds, then it is gone for good."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from featx_core.workspace.removals import UNDO_SECONDS
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import fragments, session

_OFFER = "undo_offer"


class _Offer(NamedTuple):
    """What can be taken back."""

    removal: str  # its key in the workspace
    words: str
    until: float  # a reading of time.time


def offer(workspace: Workspace, removal: str, words: str) -> None:
    """Offer to take a removal back. Nobody who leaves the page keeps it from ending.

    Args:
        workspace: Where something was removed.
        removal: The key that `Workspace.removals` gave.
        words: What was removed, such as "1 image was removed."
    """
    session.remember(_OFFER, _Offer(removal, words, _now() + UNDO_SECONDS))
    _later(UNDO_SECONDS + 1, lambda: _finish(workspace, removal))


def show() -> None:
    """Show what can be taken back, as long as it can: at the foot of any page, over it, so that nothing moves."""
    if _current() is not None:
        with st.container(key="undo"):
            fragments.draw(_line, run_every=1.0)()


def _line() -> None:
    found = _current()
    if found is None:
        st.rerun(scope="app")
        return
    line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    line.markdown(found.words, width="content")
    if line.button("Undo", icon=":material/undo:", key=f"undo_{found.removal}", type="tertiary"):
        session.take(_OFFER)
        try:
            session.workspace().removals.undo(found.removal)
        except WorkspaceError as error:
            session.remember("problem", str(error))
        st.rerun(scope="app")


def _current() -> _Offer | None:
    found = session.recall(_OFFER)
    if isinstance(found, _Offer) and _now() < found.until:
        return found
    session.take(_OFFER)
    return None


def _now() -> float:
    return time.time()


def _later(seconds: float, work: Callable[[], None]) -> None:
    clock = threading.Timer(seconds, work)
    clock.daemon = True
    clock.start()


def _finish(workspace: Workspace, removal: str) -> None:
    with contextlib.suppress(
        WorkspaceError, sqlite3.ProgrammingError
    ):  # busy, full or closed: the next opening does it
        workspace.removals.finish(removal)
