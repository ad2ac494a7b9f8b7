"""The layers of networks, asked of the worker once and kept."""

import json
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from featx_core.architecture.outline import Outline
from featx_core.methods import registry as methods
from featx_core.specs.spec import Spec, SpecError
from featx_core.tasks.answers import outline_from_json
from featx_core.worker.jobs import JobRefusedError, TaskFailedError
from pages._ui.shell import fragments, jobs, session

PATIENCE = 0.4  # seconds that a page waits before it is drawn without the answer
_KEPT = 256
_ANSWER_SECONDS = 120.0
_lock = threading.Lock()
_asked: OrderedDict[str, Future[Outline]] = OrderedDict()
_pool = ThreadPoolExecutor(2, thread_name_prefix="outlines")


def fetch(spec: Spec) -> Outline | None:
    """Give the layers and shapes of a spec; None while the worker is still at it.

    The page is then drawn again as soon as the answer is there.

    Raises:
        SpecError: If the spec cannot be built, in plain words.
    """
    if methods.has_quick_outline(spec):
        return methods.outline(spec, session.workspace())
    text = spec.to_json()
    with _lock:
        if text not in _asked:
            _asked[text] = _pool.submit(_ask, text)
            while len(_asked) > _KEPT:
                _asked.popitem(last=False)
        future = _asked[text]
    try:
        return future.result(timeout=PATIENCE)
    except TimeoutError:
        fragments.draw(_wait, run_every=jobs.POLL_SECONDS)(text)
        return None
    except (TaskFailedError, JobRefusedError) as error:
        with _lock:
            _asked.pop(text, None)
        raise SpecError(str(error)) from None


def _ask(text: str) -> Outline:
    return outline_from_json(jobs.supervisor().ask("outline", {"spec": json.loads(text)}, timeout=_ANSWER_SECONDS))


def _wait(text: str) -> None:
    future = _asked.get(text)
    if future is None or future.done():
        st.rerun(scope="app")
