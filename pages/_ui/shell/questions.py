"""Light questions to the worker, asked once for all sessions and kept, without making the page wait."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, NoReturn

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from featx_core.tasks.requests import Request
from featx_core.worker.jobs import JobRefusedError, WorkerLostError
from featx_core.worker.keys import job_key
from pages._ui.shell import formatting, fragments, jobs, session

PATIENCE = 0.4  # seconds that a page waits before it is drawn without the answer
ANSWER_SECONDS = 120.0  # for an answer, in the worker's own time, not counting that in which it is loaded
FAILED_SECONDS = 30.0  # in which a failed question is not asked anew: all who waited for it read why it failed
_WORTH_A_WORD = 5.0  # seconds of waiting after which the page says so
_KEPT = 256
_WAITING = "waiting_question"  # which question of the page says that it waits
_AT_ONCE = 16


Read = Callable[[Any], Any]


def _as_it_is(answer: Any) -> Any:
    return answer


class NoAnswerError(Exception):
    """A question that got no answer for no fault of its own, and why, in plain words. Asked again, it may get one."""


class _Question:
    """A question and its answer, when it is there.

    Attributes:
        answer: The answer.
        asked: When it was asked, a reading of `time.monotonic`.
    """

    def __init__(self, task: str, parameters: Mapping[str, Any], workspace_path: str | None, read: Read) -> None:
        self.asked = time.monotonic()
        self.answer: Future[Any] = _pool.submit(_answer, jobs.supervisor(), task, parameters, workspace_path, read)
        self.answer.add_done_callback(self._note_end)
        self._ended = self.asked

    def _note_end(self, _answer: Future[Any]) -> None:
        self._ended = time.monotonic()

    @property
    def is_open(self) -> bool:
        return not self.answer.done()

    @property
    def has_failed(self) -> bool:
        return not self.is_open and self.answer.exception() is not None

    @property
    def is_stale(self) -> bool:
        return self.has_failed and time.monotonic() - self._ended > FAILED_SECONDS


_lock = threading.Lock()
_asked: OrderedDict[str, _Question] = OrderedDict()
_pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="questions")


def fetch(request: Request, *, workspace_path: str | None = None, read: Read = _as_it_is) -> Any | None:
    """Return the answer to a question; None while the worker is still at it.

    The page is then drawn again as soon as the answer is there, or when there will be none.

    Args:
        request: The question.
        workspace_path: The workspace that it is about.
        read: Makes of an answer what is given, once for all who ask: the same for all questions of a task.

    Raises:
        NoAnswerError: If the worker did not answer: for `offer_again`.
        TaskFailedError: If the task itself failed, in plain words. It is asked again at the next run.
    """
    parameters = request.to_parameters()
    key = job_key(request.task, workspace_path, parameters)
    question = _ask(key, request.task, parameters, workspace_path, read)
    wait([question.answer], timeout=PATIENCE)
    if question.is_open:
        fragments.draw(_wait, run_every=jobs.POLL_SECONDS)(key, _is_first(key))
        return None
    try:
        return question.answer.result()
    except (TimeoutError, JobRefusedError, WorkerLostError) as error:
        raise NoAnswerError(str(error)) from None
    except Exception:
        with _lock:
            _asked.pop(key, None)
        raise


def offer_again(error: NoAnswerError) -> None:
    """Say why there is no answer, and let the user ask again: once a page, for all questions on it."""
    place = st.container()
    try:
        st.button("Try again", key="ask_again", icon=":material/refresh:", on_click=_drop_failed)
    except StreamlitDuplicateElementKey:  # another question on this page says so already
        return
    place.warning(formatting.escape(str(error)), icon=":material/hourglass:")


def stop(error: NoAnswerError) -> NoReturn:
    """End the page here: say why there is no answer, and let the user ask again."""
    offer_again(error)
    fragments.end_page()


def _ask(key: str, task: str, parameters: Mapping[str, Any], workspace_path: str | None, read: Read) -> _Question:
    """Find a question that was asked, or ask it."""
    with _lock:
        if key not in _asked or _asked[key].is_stale:
            _asked[key] = _Question(task, parameters, workspace_path, read)
            _drop_old()
        return _asked[key]


def _drop_old() -> None:
    """Forget the oldest answers when there are many. A question that is waited for stays."""
    answered = [key for key, question in _asked.items() if not question.is_open]
    for key in answered[: max(len(_asked) - _KEPT, 0)]:
        del _asked[key]


def _drop_failed() -> None:
    with _lock:
        for key in [key for key, question in _asked.items() if question.has_failed]:
            del _asked[key]


def _answer(supervisor: Any, task: str, parameters: Mapping[str, Any], workspace_path: str | None, read: Read) -> Any:
    """Wait for the answer; a time in which the worker is loaded does not count."""
    while True:
        is_loading = supervisor.why_waiting is not None
        try:
            return read(supervisor.ask(task, parameters, timeout=ANSWER_SECONDS, workspace_path=workspace_path))
        except TimeoutError:
            if not is_loading and supervisor.why_waiting is None:
                raise


def begin_page() -> None:
    """Forget which question of the page says that it waits."""
    session.remember(_WAITING, None)


def _is_first(key: str) -> bool:
    """Return whether this question is the one on its page that says that it waits; all others wait in silence."""
    other = _asked.get(str(session.recall(_WAITING)))
    if other is not None and other.is_open:
        return False
    session.remember(_WAITING, key)
    return True


def _wait(key: str, is_first: bool) -> None:
    question = _asked.get(key)
    if question is None or not question.is_open:
        st.rerun(scope="app")
        return
    seconds = time.monotonic() - question.asked
    words = jobs.supervisor().why_waiting
    if is_first and (words or seconds > _WORTH_A_WORD):
        with st.container(key=f"waiting_words_{key[:12]}"):  # over the page: nothing moves when it comes or goes
            st.caption(formatting.escape(words or f"Waiting for an answer, {jobs.duration(seconds)} so far") + ".")
