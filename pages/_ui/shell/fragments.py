"""Parts of a page that are drawn again by themselves, and three ways in which Streamlit loses what is around them.

1. What a part draws is left out of what is still to be sent as soon as the part is drawn again. Meanwhile its place is
   gone, what stands below moves up, and what comes next finds its place taken or missing ("Bad delta path index"), which
   takes the whole page down to blank white. `draw` gives each part a place that nothing else stands in.
2. A script runs in a thread and hands what it draws to the event loop. When a part asks to be drawn again just when the
   thread has ended and the loop has not sent all of it, Streamlit makes a new runner at once and ignores what the old
   one left: the page stays as it was, and its parts stop asking. `mend` lets such a run begin one turn of the loop
   later, behind what is to be sent.

3. Parts that a page no longer has are forgotten when it is drawn to its end, but not where it ends early with `st.stop`. A
   late request then draws such a part where something else stands ("'setIn' cannot be called on an ElementNode"), which
   takes the page down as well. `forget_others` is for that end.

All need a busy machine, and parts that ask several times a second, as those do that show progress.
"""

from collections.abc import Callable
from typing import Any, ParamSpec

import streamlit as st
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import get_script_run_ctx

Asked = ParamSpec("Asked")


def draw(part: Callable[Asked, None], run_every: float | None = None) -> Callable[Asked, None]:
    """Make a function draw a part of the page that is drawn again by itself: the only way to make a fragment here.

    Args:
        part: Draws it.
        run_every: Seconds until it is drawn again; only when one of its controls is used unless given.
    """

    def in_its_place(*arguments: Asked.args, **options: Asked.kwargs) -> None:
        with st.container():
            st.fragment(part, run_every=run_every)(*arguments, **options)

    return in_its_place


def forget_others() -> None:
    """Forget the parts that were not drawn in this run of the page, as Streamlit does where a page is drawn to its end."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and not context.fragment_ids_this_run:
        context.fragment_storage.clear(new_fragment_ids=context.shared.new_fragment_ids.snapshot())


def mend() -> None:
    """Let a part wait for what was drawn before it, in this process from now on.

    Source: `AppSession.request_rerun` and `_handle_scriptrunner_event_on_event_loop` of Streamlit 1.67.
    """
    setattr(AppSession, "_create_scriptrunner", _create_in_turn)  # noqa: B010  (mypy refuses the assignment)


_create_at_once = AppSession._create_scriptrunner


def _create_in_turn(session: Any, request: Any) -> None:
    """Make a runner: for a whole page at once, for a part when what was drawn before has been handed over."""
    if session._scriptrunner is None or not (request.fragment_id or request.fragment_id_queue):
        _create_at_once(session, request)
    else:
        session._event_loop.call_soon(_create_later, session, request)


def _create_later(session: Any, request: Any) -> None:
    """Make a runner, unless another was made meanwhile and takes the request, or the session has ended."""
    if session._state == AppSessionState.SHUTDOWN_REQUESTED:
        return
    runner = session._scriptrunner
    if runner is None or not runner.request_rerun(request):
        _create_at_once(session, request)
