"""The worker process: runs one job at a time on the main thread and answers questions in between."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import queue
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from featx_core.base.faults import explain_fault
from featx_core.base.files.digests import canonical_json
from featx_core.base.idle import IDLE_SECONDS, IdleWork
from featx_core.base.loading import Loading, load_aside
from featx_core.base.memory import hand_back
from featx_core.base.progress import Cancelled
from featx_core.worker.protocol import Channel
from featx_core.worker.report import Report
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace

Task = Callable[[Workspace | None, Mapping[str, Any], Report], Mapping[str, Any]]
LightTask = Callable[[Workspace | None, Mapping[str, Any]], Any]

_LOG = logging.getLogger(__name__)


TIDY_SECONDS = 0.05
"""Without a job or a question, after which memory is given back: after each short job it took an eighth of the time."""

MAX_UNTIDIED = 8
"""Jobs without a pause, after which memory is given back all the same."""

PREPARE_SECONDS = 0.3
"""Without a job or a question, after which the worker gets ready for what may be asked next."""


def _nothing() -> None:
    return None


class Worker:
    """Runs the tasks of a module as messages ask for it.

    Args:
        tasks: Holds `TASKS`, `LIGHT_TASKS`, and perhaps `warm_up` (run once, before anything else), `load` (run once, beside
            what needs none of it; `needs_load` tells of a question whether it does), `reset` (run before each job that comes
            after one that needs it), `prepare_first` (run once, as soon as nothing is to do), `prepare` (run a step at a time
            when nothing else is to do; gives after how many such seconds the next step may come, None where there is none)
            and `next_idle_command` (see `IdleWork`).
        channel: The way to the server.
    """

    def __init__(self, tasks: ModuleType, channel: Channel) -> None:
        self._tasks = tasks
        self._channel = channel
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._later: deque[dict[str, Any]] = deque()
        self._cancelled: set[int] = set()
        self._must_reset = True
        self._n_untidied = 0  # jobs
        self._facts: Mapping[str, Any] = {}
        self._loading: Loading | None = None
        self._is_fresh = True  # nothing was asked yet
        self._held: list[dict[str, Any]] = []  # questions that wait until all is loaded
        self._idle = IdleWork(getattr(tasks, "next_idle_command", _nothing))

    def read(self) -> None:
        """Take messages in, on a thread of its own. Ends the process when the server is gone, whatever it is at."""
        try:
            for message in self._channel.messages():
                if message["type"] == "cancel":
                    self._cancelled.add(message["run"])
                else:
                    self._inbox.put(message)
        finally:
            os._exit(0)

    def get_ready(self) -> None:
        """Warm up."""
        self._facts = getattr(self._tasks, "warm_up", _nothing)() or {}
        gc.freeze()

    def work(self, on_loaded: Callable[[], None] = _nothing) -> None:
        """Say that all is ready, and do what comes in, without end.

        Args:
            on_loaded: Called once all is loaded, in the thread that did it.
        """
        load = getattr(self._tasks, "load", None)
        if load is None:
            on_loaded()
        self._channel.send({"type": "ready", "facts": self._facts, "is_loaded": load is None})
        if load is not None:
            self._loading = load_aside(lambda: self._load(load, on_loaded))
        while True:
            message = self._later.popleft() if self._later else self._next()
            with self._loading.others_first() if self._loading is not None else contextlib.nullcontext():
                self._do(message)

    def _next(self) -> dict[str, Any]:
        """Wait for a message; meanwhile get ready for what may be asked next, then do idle work."""
        with contextlib.suppress(queue.Empty):
            return self._inbox.get(timeout=TIDY_SECONDS)
        self._tidy_up()
        if self._is_fresh:
            self._is_fresh = False
            self._prepare("prepare_first")
        pause = PREPARE_SECONDS
        while True:
            with contextlib.suppress(queue.Empty):
                message = self._inbox.get(timeout=pause)
                self._idle.stop()
                return message
            if self._loading is None:
                if pause == IDLE_SECONDS:
                    self._idle.go_on()
                until_next = self._prepare("prepare")
                pause = IDLE_SECONDS if until_next is None else until_next

    def _prepare(self, step: str) -> float | None:
        """Do one step of getting ready; give the pause before the next. What fails here fails again when it is asked for."""
        prepare: Callable[[], float | None] = getattr(self._tasks, step, _nothing)
        try:
            return prepare()
        except Exception:
            _LOG.warning("What may be asked next could not be got ready.", exc_info=True)
            return None

    def _do(self, message: dict[str, Any]) -> None:
        if message["type"] == "run":
            self._run(message)
        elif message["type"] == "loaded":
            self._later.extend(self._held)
            self._held, self._loading = [], None
        else:
            self._answer(message)

    def _load(self, load: Callable[[], Mapping[str, Any]], on_loaded: Callable[[], None]) -> None:
        try:
            facts = load()
        except BaseException:  # nothing that trying again here would cure: the server starts another worker
            _LOG.exception("The worker could not load what it works with.")
            os._exit(1)
        gc.freeze()
        on_loaded()
        self._channel.send({"type": "loaded", "facts": facts})
        self._inbox.put({"type": "loaded"})

    def _run(self, message: dict[str, Any]) -> None:
        run = message["run"]
        report = Report(run, self._channel.send, lambda: run in self._cancelled, self._serve)
        reply = self._outcome(message, report)
        self._must_reset = report.needs_reset or reply["type"] != "done"
        self._cancelled.discard(run)
        self._channel.send({"run": run, **reply})
        self._n_untidied += 1
        if self._n_untidied >= MAX_UNTIDIED:
            self._tidy_up()

    def _tidy_up(self) -> None:
        """Give back what jobs have left behind."""
        if self._n_untidied:
            hand_back()
            self._n_untidied = 0

    def _outcome(self, message: dict[str, Any], report: Report) -> dict[str, Any]:
        try:
            if self._must_reset:
                getattr(self._tasks, "reset", _nothing)()
            task: Task = self._tasks.TASKS[message["task"]]
            with _opened(message["workspace"]) as workspace:
                result = task(workspace, message["parameters"], report)
            canonical_json(result)  # what cannot be sent fails here, as this job, and not as the worker
            return {"type": "done", "result": result, "recycle": report.needs_fresh_worker}
        except Cancelled:
            return {"type": "cancelled"}
        except Exception as error:
            fault = explain_fault(error, message["task"])
            return {
                "type": "failed",
                "message": fault.message,
                "reference": fault.reference,
                "recycle": fault.is_out_of_memory,
            }

    def _serve(self) -> None:
        """Answer the light requests that wait, in the middle of a job."""
        with contextlib.suppress(queue.Empty):
            while True:
                message = self._inbox.get_nowait()
                if message["type"] == "run":
                    self._later.append(message)
                else:
                    self._do(message)

    def _answer(self, message: dict[str, Any]) -> None:
        if self._must_hold(message):
            self._held.append(message)
            return
        number = message["question"]
        self._channel.send({"type": "serving", "question": number})
        try:
            task: LightTask = self._tasks.LIGHT_TASKS[message["task"]]
            with _opened(message["workspace"]) as workspace:
                self._channel.send(
                    {"type": "answer", "question": number, "result": task(workspace, message["parameters"])}
                )
        except Exception as error:
            fault = explain_fault(error, message["task"])
            self._channel.send({"type": "answer", "question": number, "message": fault.message})

    def _must_hold(self, message: dict[str, Any]) -> bool:
        """Whether a question must wait for what is being loaded. Other work goes on meanwhile."""
        if self._loading is None or self._loading.is_done:
            return False
        if not self._tasks.needs_load(message["task"], message["parameters"]):
            return False
        self._loading.need()
        return True


@contextlib.contextmanager
def _opened(path: str | None) -> Iterator[Workspace | None]:
    if path is None:
        yield None
        return
    if not Path(path).is_file():
        raise WorkspaceError("The workspace is no longer there: its file was moved or deleted.")
    workspace = Workspace.open(path, check=False)
    try:
        yield workspace
    finally:
        workspace.close()
