"""Light questions to the worker, asked once and kept, without making the page wait."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import streamlit as st

from featx_core.worker.keys import job_key
from pages._ui.shell import fragments, jobs, outlines

_KEPT = 128
_ANSWER_SECONDS = 120.0
_lock = threading.Lock()
_asked: OrderedDict[str, Future[Any]] = OrderedDict()
_pool = ThreadPoolExecutor(2, thread_name_prefix="questions")


def fetch(task: str, parameters: Mapping[str, Any], *, workspace_path: str) -> Any | None:
    """Give the answer of a light task; None while the worker is still at it.

    The page is then drawn again as soon as the answer is there. A question that failed is asked again at the next run.

    Raises:
        TaskFailedError: If the task failed, in plain words.
        JobRefusedError: If the worker is too busy.
        TimeoutError: If the worker does not answer.
    """
    key = job_key(task, workspace_path, parameters)
    with _lock:
        if key not in _asked:
            _asked[key] = _pool.submit(_ask, jobs.supervisor(), task, parameters, workspace_path)
            while len(_asked) > _KEPT:
                _asked.popitem(last=False)
        future = _asked[key]
    try:
        return future.result(timeout=outlines.PATIENCE)
    except Exception:
        if not future.done():
            fragments.draw(_wait, run_every=jobs.POLL_SECONDS)(key)
            return None
        with _lock:
            _asked.pop(key, None)
        raise


def _ask(supervisor: Any, task: str, parameters: Mapping[str, Any], workspace_path: str) -> Any:
    return supervisor.ask(task, parameters, timeout=_ANSWER_SECONDS, workspace_path=workspace_path)


def _wait(key: str) -> None:
    future = _asked.get(key)
    if future is None or future.done():
        st.rerun(scope="app")
