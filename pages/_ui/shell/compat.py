"""Private parts of Streamlit that featx has to touch, all in one place. Checked with Streamlit 1.67."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from streamlit import delta_generator, file_util, runtime
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

SECONDS_BETWEEN_LOOKS = 0.05
MAX_LOOKS = 200
"""After which a page that is drawn without end is not drawn once more: its parts look for themselves."""


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
    if not _has_sessions():
        return False
    found = _session(context.session_id)
    runner = found._scriptrunner if found is not None else None
    return runner is None or runner._requests is not context.script_requests


def session_id() -> str | None:
    """Return the id of the session whose page is being drawn; None outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def wake(session_id: str) -> None:
    """Draw the page of a session again, with its controls as they stand, once nothing of it is being drawn.

    From any thread. Does nothing for a session that has gone, or whose browser is not connected: it asks itself when it is.
    Source: `AppSession.request_rerun` and `st.rerun` of Streamlit 1.67.
    """
    found = _session(session_id, is_connected=True)
    if found is not None:
        with suppress(RuntimeError):  # the server is ending
            found._event_loop.call_soon_threadsafe(_wake, found, MAX_LOOKS)


def _wake(session: Any, looks: int) -> None:
    """Begin a run from the outside only where none is under way: what that one was asked for must not be lost."""
    if session._state == AppSessionState.SHUTDOWN_REQUESTED or not looks:
        return
    if session._scriptrunner is not None:
        session._event_loop.call_later(SECONDS_BETWEEN_LOOKS, _wake, session, looks - 1)
        return
    last = session._client_state
    request = RerunData(
        query_string=last.query_string,
        page_script_hash=last.page_script_hash,
        context_info=last.context_info if last.HasField("context_info") else None,
    )
    session._create_scriptrunner(request)


def scripts_of(*parts: str) -> list[str]:
    """Return the addresses, relative to the app's, of the scripts that draw parts of a page in the browser, as far as found.

    Args:
        *parts: Their names, such as "PlotlyChart". Source: the folder of scripts that Streamlit 1.67 serves.
    """
    folder = Path(file_util.get_static_dir()) / "static" / "js"
    found = (sorted(folder.glob(f"{part}.*.js")) for part in parts)
    return [f"static/js/{paths[0].name}" for paths in found if len(paths) == 1]


def mend() -> None:
    """Mend three things in this process from now on.

    A part waits for what was drawn before it. Themes, which stand before each run of each part, are read once: they took
    an eighth of a busy server's time. The first page does not wait for Streamlit to find out whether it is used in a console,
    for which it looks at the files of all modules.
    Source: `AppSession.request_rerun`, `_handle_scriptrunner_event_on_event_loop`, `_populate_theme_msg` and
    `_maybe_print_use_warning` of Streamlit 1.67.
    """
    setattr(delta_generator, "_use_warning_has_been_displayed", True)  # noqa: B010
    setattr(app_session, "_populate_theme_msg", _populate_theme)  # noqa: B010
    setattr(AppSession, "_create_scriptrunner", _create_in_turn)  # noqa: B010  (mypy refuses the assignment)


def _has_sessions() -> bool:
    """Whether there is a server: there is none in a notebook, nor in Streamlit's own tests of apps."""
    return runtime.exists() and getattr(runtime.get_instance(), "_session_mgr", None) is not None


def _session(session_id: str, *, is_connected: bool = False) -> Any:
    """Return a session, perhaps only one whose browser is connected; None where it has gone."""
    if not _has_sessions():
        return None
    sessions: Any = runtime.get_instance()._session_mgr
    found = (sessions.get_active_session_info if is_connected else sessions.get_session_info)(session_id)
    return None if found is None else found.session


_populate_at_once = app_session._populate_theme_msg


def _populate_theme(message: Any, section: str = "theme") -> None:
    message.MergeFrom(_theme(section))


@cache
def _theme(section: str) -> CustomThemeConfig:
    made = CustomThemeConfig()
    _populate_at_once(made, section)
    return made


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
