"""What the server knows about a job, and the limits of jobs and of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["waiting", "running", "done", "failed", "cancelled"]

UNFINISHED: tuple[State, ...] = ("waiting", "running")


class JobRefusedError(Exception):
    """A job that was not taken on, and why, in plain words."""


class TaskFailedError(Exception):
    """A question to the worker that has no answer, and why, in plain words."""


class WorkerLostError(TaskFailedError):
    """A question that got no answer because the worker ended meanwhile: asked again, it may get one."""


@dataclass(frozen=True)
class Limits:
    """What jobs and the worker are held to. Times in seconds.

    Attributes:
        max_waiting: Jobs in the queue, besides the one that runs: four each of fifty people.
        max_per_owner: Unfinished jobs of one owner.
        max_questions: Light questions that wait for an answer.
        stall_seconds: Without a sign of life, where the stage of the job does not allow more.
        job_seconds: For one job, in the worker's own time. None: as long as it takes.
        start_seconds: Until a fresh worker is ready, in its own time (see `OwnTime`); twice as long after each start that
            took too long.
        cancel_seconds: Until a worker that does not let go of a cancelled job is ended, while other jobs wait.
        idle_cancel_seconds: The same while nobody waits.
        worker_bytes: Resident memory of the worker.
        idle_bytes: Resident memory above which a worker is replaced between two jobs: networks leave some behind.
        worker_jobs: Jobs after which an idle worker is replaced by a fresh one.
        max_deaths: Deaths within a minute, without a finished job, after which a restart has to wait.
        pause_seconds: How long it waits then.
    """

    max_waiting: int = 200
    max_per_owner: int = 4
    max_questions: int = 64
    stall_seconds: float = 60.0
    job_seconds: float | None = None
    start_seconds: float = 120.0
    cancel_seconds: float = 1.0
    idle_cancel_seconds: float = 10.0
    worker_bytes: int = 6 * 1024**3
    idle_bytes: int = 3 * 1024**3
    worker_jobs: int = 500
    max_deaths: int = 3
    pause_seconds: float = 30.0


@dataclass(frozen=True)
class Job:
    """A job at one moment.

    Attributes:
        key: Names the job by what it does: task, workspace and parameters.
        task: A key of `TASKS`.
        title: What to call it on a page.
        owners: Who waits for it.
        workspace_path: The workspace it reads and writes, or None.
        parameters: JSON values.
        state: "waiting", "running", "done", "failed" or "cancelled".
        stage: What it does now, such as "Extracting". Empty before it runs.
        done: Steps of the stage that are done.
        total: Steps of the stage; 0 while unknown.
        started: When it began to run, in seconds since 1970; None before.
        seconds_left: While it runs, until its stage ends; while it waits, until it begins. None while unknown.
        position: Its place in the queue, from 1; 0 when it does not wait.
        ahead: How many jobs run before it.
        message: Why it failed, or why it has to wait, in plain words. None when all is well.
        reference: The short code under which the log has more. None when all is well.
        result: What the task gave, JSON values; None before it is done.
    """

    key: str
    task: str
    title: str
    owners: tuple[str, ...]
    workspace_path: str | None
    parameters: Mapping[str, Any]
    state: State
    stage: str = ""
    done: int = 0
    total: int = 0
    started: float | None = None
    seconds_left: float | None = None
    position: int = 0
    ahead: int = 0
    message: str | None = None
    reference: str | None = None
    result: Mapping[str, Any] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.state not in UNFINISHED

    @property
    def share(self) -> float | None:
        """The part of its stage that is done, between 0 and 1; None while unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None
