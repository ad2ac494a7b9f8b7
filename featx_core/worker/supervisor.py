"""The server's side of the worker: accepts jobs, runs them one at a time, and keeps a worker alive."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from featx_core.base.files.digests import canonical_json
from featx_core.worker.child import Child
from featx_core.worker.jobs import Job, Limits
from featx_core.worker.questions import Question
from featx_core.worker.runner import Runner

TASKS_MODULE = "featx_core.tasks.registry"
TICK_SECONDS = 0.1
CLOSE_SECONDS = 2.0
MAX_LENGTHENING = 9

_LOG = logging.getLogger(__name__)


class Supervisor:
    """Runs jobs in a worker process, one at a time, and outlives whatever they do to it.

    All methods may be called from any thread. No method but `stop`, `wait` and `ask` waits for the worker.

    Args:
        limits: What jobs and the worker are held to. None takes the defaults of `Limits`.
        tasks: The module that holds the tasks: `TASKS`, `LIGHT_TASKS`, and perhaps what `Worker` names besides.
        on_end: Told the key of each job that ends, from any thread; everything else waits until it returns.
    """

    def __init__(
        self, limits: Limits | None = None, *, tasks: str = TASKS_MODULE, on_end: Callable[[str], None] | None = None
    ) -> None:
        self.limits = limits or Limits()
        self._tasks = tasks
        self._changed = threading.Condition(threading.RLock())
        self._runner = Runner(self.limits, self._new_child, on_end)
        self._monitor: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker in the background. Does nothing when it is started."""
        with self._changed:
            if self._monitor is None:
                self._monitor = threading.Thread(target=self._watch, name="featx-supervisor", daemon=True)
                self._monitor.start()

    def stop(self) -> None:
        """End the worker and all unfinished jobs. What they have finished is kept in their workspaces."""
        with self._changed:
            monitor, self._monitor = self._monitor, None
            child = self._runner.close()
            self._changed.notify_all()
        if child is not None:
            child.close(CLOSE_SECONDS)
        if monitor is not None:
            monitor.join()

    @property
    def is_ready(self) -> bool:
        """Whether there is a worker that takes jobs."""
        with self._changed:
            return self._runner.child is not None and self._runner.child.is_ready

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the worker said of its machine when all was loaded: what `load` of its tasks gives. Empty until then."""
        with self._changed:
            return self._runner.facts

    @property
    def why_waiting(self) -> str | None:
        """Why something waits just now, in plain words: the worker is being loaded, or waits for its next start."""
        with self._changed:
            return self._runner.why_waiting()

    @property
    def worker_pid(self) -> int | None:
        """The process number of the worker, or None while there is none."""
        with self._changed:
            return self._runner.child.pid if self._runner.child is not None else None

    def submit(
        self, task: str, *, workspace_path: str | None, parameters: Mapping[str, Any], title: str, owner: str
    ) -> Job:
        """Put a job into the queue. The same task on the same workspace with the same parameters runs once for all.

        Args:
            task: A key of `TASKS`.
            workspace_path: The file of the workspace, or None for a task that needs none.
            parameters: JSON values.
            title: What to call the job on a page.
            owner: Who waits for it, such as a session.

        Returns:
            The job as it is now.

        Raises:
            JobRefusedError: If the queue is full, or the owner has enough unfinished jobs.
            ValueError: If the workspace is in memory, where the worker cannot reach it.
        """
        _check_path(workspace_path)
        with self._changed:
            record = self._runner.table.submit(task, workspace_path, parameters, title, owner)
            self._runner.dispatch()
            return self._snapshot(record.key)

    def cancel(self, key: str, owner: str) -> None:
        """Take an owner off a job. A job without owners is cancelled at once. Does nothing when it is finished."""
        with self._changed:
            if self._runner.table.leave(key, owner):
                self._runner.release()
            self._changed.notify_all()

    def leave(self, owner: str) -> None:
        """Take an owner, such as a session that ended, off all its jobs."""
        for job in self.jobs(owner):
            self.cancel(job.key, owner)

    def job(self, key: str) -> Job | None:
        """Return a job as it is now. None when there is none, or it was forgotten."""
        with self._changed:
            return self._runner.table.snapshot(key, why_waiting=self._runner.why_waiting())

    def jobs(self, owner: str | None = None) -> list[Job]:
        """List jobs: the running one, those that wait in their order, then the finished ones, newest first.

        Args:
            owner: Whose jobs; None lists all.
        """
        with self._changed:
            return [self._snapshot(key) for key in self._runner.table.keys(owner)]

    def is_waited_for(self, task: str) -> bool:
        """Whether a job of a task waits for its turn."""
        with self._changed:
            return any(record.task == task for record in self._runner.table.waiting)

    def forget(self, key: str) -> None:
        """Drop a finished job. Does nothing when it is not finished."""
        with self._changed:
            self._runner.table.forget(key)

    def wait(self, key: str, seconds: float) -> Job | None:
        """Wait until a job ends, or for this many seconds, and return it as it is then."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                job = self.job(key)
                left = deadline - time.monotonic()
                if job is None or job.is_finished or left <= 0:
                    return job
                self._changed.wait(left)

    def ask(
        self, task: str, parameters: Mapping[str, Any], timeout: float = 10.0, *, workspace_path: str | None = None
    ) -> Any:
        """Put a light request to the worker, which answers between the steps of a running job.

        Args:
            task: A key of `LIGHT_TASKS`.
            parameters: JSON values.
            timeout: How long to wait, in seconds; up to ten times as long while a worker that is there gets too little of the
                processor to use them.
            workspace_path: The file of the workspace, where the task needs one.

        Returns:
            What the task gives, JSON values.

        Raises:
            TimeoutError: If there is no answer in time.
            TaskFailedError: If the task failed; the message is a plain sentence.
            WorkerLostError: If the worker ended over it, or twice over something else.
            JobRefusedError: If too many requests wait.
            ValueError: If the workspace is in memory, where the worker cannot reach it.
        """
        _check_path(workspace_path)
        plain = json.loads(canonical_json(dict(parameters)))
        message = {"type": "question", "task": task, "workspace": workspace_path, "parameters": plain}
        with self._changed:
            question = self._runner.questions.add(message, self.limits.max_questions)
            self._runner.dispatch()
        try:
            return self._answer(question, timeout)
        finally:
            with self._changed:
                self._runner.questions.drop(question)

    def _answer(self, question: Question, timeout: float) -> Any:
        """Wait for an answer, once more where others had the processor for most of the time."""
        deadline = time.monotonic() + MAX_LENGTHENING * timeout
        while True:
            child, begun = self._ready_child()
            try:
                return question.wait(timeout)
            except TimeoutError:
                now_child, now = self._ready_child()
                was_there = child is not None and now_child is child
                if not was_there or now - begun > timeout / 2 or time.monotonic() > deadline:
                    raise

    def _ready_child(self) -> tuple[Child | None, float]:
        """Return the worker that is loaded, if one is, and how long it had itself to work with."""
        with self._changed:
            child = self._runner.child
            return (child, child.own_seconds()) if child is not None and child.is_ready else (None, 0.0)

    def _snapshot(self, key: str) -> Job:
        job = self.job(key)
        if job is None:
            raise KeyError(f"There is no job {key!r}.")
        return job

    def _new_child(self) -> Child:
        return Child(self._tasks, self._take_in, self._note_end)

    def _take_in(self, child: Child, message: dict[str, Any]) -> None:
        with self._changed:
            self._runner.take_in(child, message)
            self._changed.notify_all()

    def _note_end(self, child: Child) -> None:
        with self._changed:
            self._runner.note_end(child)
            self._changed.notify_all()

    def _watch(self) -> None:
        with self._changed:
            while self._monitor is threading.current_thread():
                try:
                    self._runner.tick(time.monotonic())
                except Exception:
                    _LOG.exception("The supervisor of the worker met a problem, and goes on.")
                self._changed.wait(TICK_SECONDS)


def _check_path(workspace_path: str | None) -> None:
    if workspace_path == ":memory:":
        raise ValueError('The worker cannot reach a workspace that is ":memory:". Open one that is a file.')
