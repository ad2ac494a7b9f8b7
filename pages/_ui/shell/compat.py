"""Private parts of Streamlit that featx has to touch, all in one place. Checked with Streamlit 1.67."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from streamlit import runtime
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx


def end_page() -> NoReturn:
    """End a page here, and let what comes after it still be drawn.

    `st.stop` also has the session refuse all that is drawn or asked for until the run is over.
    Source: `st.stop` and `ScriptRequests.on_scriptrunner_yield` of Streamlit 1.67.
    """
    raise StopException


@contextmanager
def forgetting() -> Iterator[None]:
    """Forget the parts of the page before also where this one ends early, or with an error."""
    try:
        yield
    except (StopException, Exception):
        forget_others()
        raise


def forget_others() -> None:
    """Forget the parts that were not drawn in this run of the page, as Streamlit does where a page is drawn to its end.

    A run that another one has taken the place of forgets nothing: the other has parts of its own by now.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or context.fragment_ids_this_run or _is_replaced(context):
        return
    context.fragment_storage.clear(new_fragment_ids=context.shared.new_fragment_ids.snapshot())


def release(uploads: Iterable[Any]) -> None:
    """Let go of uploaded files that were taken over: those of a drop zone that is gone stay in memory as long as the session.

    What holds the files still reads them. Source: `MemoryUploadedFileManager` of Streamlit 1.67.
    """
    context: Any = get_script_run_ctx(suppress_warning=True)
    for upload in uploads if context is not None else ():
        context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)


def _is_replaced(context: Any) -> bool:
    """Whether the session has given up this run.

    A run that its user stops is asked in the same way as one that another takes the place of, so its requests do not tell.
    Source: `AppSession.request_rerun` and `ScriptRunner._requests` of Streamlit 1.67.
    """
    sessions = getattr(runtime.get_instance(), "_session_mgr", None) if runtime.exists() else None
    if sessions is None:  # in a notebook, and in Streamlit's own tests of apps
        return False
    found = sessions.get_session_info(context.session_id)
    runner = found.session._scriptrunner if found is not None else None
    return runner is None or runner._requests is not context.script_requests


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
