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

from featx_core.base.digests import canonical_json
from featx_core.base.faults import explain_fault
from featx_core.base.memory import hand_back
from featx_core.base.progress import Cancelled
from featx_core.worker.protocol import Channel
from featx_core.worker.report import Report
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace

Task = Callable[[Workspace | None, Mapping[str, Any], Report], Mapping[str, Any]]
LightTask = Callable[[Workspace | None, Mapping[str, Any]], Any]

_LOG = logging.getLogger(__name__)


class Worker:
    """Runs the tasks of a module as messages ask for it.

    Args:
        tasks: Holds `TASKS`, `LIGHT_TASKS`, and perhaps `warm_up` (run once) and `reset` (run before each job that comes
            after one that needs it).
        channel: The way to the server.
    """

    def __init__(self, tasks: ModuleType, channel: Channel) -> None:
        self._tasks = tasks
        self._channel = channel
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._later: deque[dict[str, Any]] = deque()
        self._cancelled: set[int] = set()
        self._must_reset = True
        self._facts: Mapping[str, Any] = {}

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

    def work(self) -> None:
        """Say that all is ready, and do what comes in, without end."""
        self._channel.send({"type": "ready", "facts": self._facts})
        while True:
            message = self._later.popleft() if self._later else self._inbox.get()
            if message["type"] == "run":
                self._run(message)
            else:
                self._answer(message)

    def _run(self, message: dict[str, Any]) -> None:
        run = message["run"]
        report = Report(run, self._channel.send, lambda: run in self._cancelled, self._serve)
        reply = self._outcome(message, report)
        self._must_reset = report.needs_reset or reply["type"] != "done"
        self._cancelled.discard(run)
        self._channel.send({"run": run, **reply})
        hand_back()

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
                if message["type"] == "question":
                    self._answer(message)
                else:
                    self._later.append(message)

    def _answer(self, message: dict[str, Any]) -> None:
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


def _nothing() -> None:
    return None
