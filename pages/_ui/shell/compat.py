"""Private parts of Streamlit that featx has to touch, all in one place. Checked with Streamlit 1.67."""

from typing import Any

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType


def forget_others() -> None:
    """Forget the parts that were not drawn in this run of the page, as Streamlit does where a page is drawn to its end.

    A run that was told to stop forgets nothing: another one has taken its place, and has parts of its own by now.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or _is_told_to_stop(context.script_requests):
        return
    if not context.fragment_ids_this_run:
        context.fragment_storage.clear(new_fragment_ids=context.shared.new_fragment_ids.snapshot())


def _is_told_to_stop(requests: Any) -> bool:
    """Source: `ScriptRequests._state` of Streamlit 1.67."""
    return requests is not None and requests._state == ScriptRequestType.STOP


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
