"""The queue of jobs: owners, order and progress. Holds no process and no lock.

Owners take turns: the first jobs of all come before the second of any. So nobody waits for what others go on to ask for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from featx_core.worker.jobs import UNFINISHED, Job, JobRefusedError, Limits, State
from featx_core.worker.keys import job_key
from featx_core.worker.messages import BUSY, too_many

KEPT_FINISHED = 200
"""Finished jobs that stay in the table; older ones are forgotten."""


@dataclass
class QueuedJob:
    """A job, as the supervisor keeps it. Times are readings of a monotonic clock, in seconds."""

    key: str
    task: str
    title: str
    workspace_path: str | None
    parameters: Mapping[str, Any]
    owners: list[str]
    turn: int = 0
    state: State = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    begun: float = 0.0
    started: float | None = None
    first: tuple[float, int] = (0.0, 0)
    last: tuple[float, int] = (0.0, 0)
    message: str | None = None
    reference: str | None = None
    result: Mapping[str, Any] | None = None
    has_restarted: bool = False

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.state in UNFINISHED

    def advance(self, stage: str, done: int, total: int, now: float) -> None:
        """Take in how far it is."""
        if stage != self.stage or done < self.done or total != self.total:
            self.first = (now, done)
        self.stage, self.done, self.total = stage, done, total
        self.last = (now, done)

    def seconds_left(self, now: float) -> float | None:
        """Estimate the time until the stage ends, from its pace so far."""
        seconds, steps = self.last[0] - self.first[0], self.last[1] - self.first[1]
        if self.state != "running" or not self.total or seconds <= 0 or steps <= 0:
            return None
        return max((self.total - self.done) * seconds / steps - (now - self.last[0]), 0.0)


class JobQueue:
    """All jobs: those that wait, the one that runs, and the last that are finished.

    Args:
        limits: What owners and the queue are held to.
        clock: Gives seconds.
        on_end: Told the key of each job that ends, once it has.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        *,
        on_end: Callable[[str], None] | None = None,
    ) -> None:
        self.waiting: list[QueuedJob] = []
        self.running: QueuedJob | None = None
        self._limits = limits
        self._clock = clock
        self._on_end = on_end
        self._records: dict[str, QueuedJob] = {}
        self._seconds: dict[str, float] = {}
        self._turn = 0  # of the job that began last
        self._turns: dict[str, int] = {}  # of the last job of each owner, since there was nothing to do

    def submit(
        self, task: str, workspace_path: str | None, parameters: Mapping[str, Any], title: str, owner: str
    ) -> QueuedJob:
        """Put a job into the queue, or join the owner to one that does the same.

        Raises:
            JobRefusedError: If the queue is full, or this owner has enough jobs.
        """
        key = job_key(task, workspace_path, parameters)
        record = self._records.get(key)
        if record is not None and record.is_unfinished:
            if owner not in record.owners:
                self._check_owner(owner)
                record.owners.append(owner)
                self._place(record, owner)
            return record
        self._check_owner(owner)
        if len(self.waiting) >= self._limits.max_waiting:
            raise JobRefusedError(BUSY)
        record = QueuedJob(key, task, title, workspace_path, dict(parameters), [owner])
        self._records.pop(key, None)
        self._records[key] = record
        self._place(record, owner)
        return record

    def _place(self, record: QueuedJob, owner: str) -> None:
        """Put a job that does not run among those that wait, where this owner's turn is."""
        turn = max(self._turns.get(owner, 0) + 1, self._turn)
        self._turns[owner] = turn
        if record is self.running or (record in self.waiting and record.turn <= turn):
            return
        if record in self.waiting:
            self.waiting.remove(record)
        record.turn = turn
        place = next((at for at, other in enumerate(self.waiting) if other.turn > turn), len(self.waiting))
        self.waiting.insert(place, record)

    def _check_owner(self, owner: str) -> None:
        n_unfinished = sum(record.is_unfinished and owner in record.owners for record in self._records.values())
        if n_unfinished >= self._limits.max_per_owner:
            raise JobRefusedError(too_many(self._limits.max_per_owner))

    def leave(self, key: str, owner: str) -> bool:
        """Take an owner off an unfinished job; without owners it is cancelled.

        Returns:
            Whether that was the running one, which the worker has to let go of.
        """
        record = self._records.get(key)
        if record is None or not record.is_unfinished or owner not in record.owners:
            return False
        if len(record.owners) > 1:
            record.owners.remove(owner)
            return False
        was_running = record is self.running
        self.end(record, "cancelled")
        return was_running

    def start_next(self) -> QueuedJob | None:
        """Take the first job out of the queue and mark it as running."""
        if self.running is not None or not self.waiting:
            return None
        record = self.running = self.waiting.pop(0)
        record.state, self._turn = "running", record.turn
        record.begun, record.started = self._clock(), time.time()
        record.first = record.last = (record.begun, 0)
        return record

    def put_back(self, record: QueuedJob) -> None:
        """Put a running job at the head of the queue again: it was not its fault."""
        record.state, record.stage, record.done, record.total, record.started = "waiting", "", 0, 0, None
        record.has_restarted = True
        self.running = None
        self.waiting.insert(0, record)

    def end(
        self,
        record: QueuedJob,
        state: State,
        *,
        message: str | None = None,
        reference: str | None = None,
        result: Mapping[str, Any] | None = None,
    ) -> None:
        """Mark a job as finished. What is finished already stays as it is."""
        if not record.is_unfinished:
            return
        if state == "done":
            seconds = self._clock() - record.begun
            self._seconds[record.task] = (self._seconds.get(record.task, seconds) + seconds) / 2
        record.state, record.message, record.reference, record.result = state, message, reference, result
        if record in self.waiting:
            self.waiting.remove(record)
        if record is self.running:
            self.running = None
        if self.running is None and not self.waiting:
            self._turn = 0
            self._turns.clear()
        self._drop_old()
        if self._on_end is not None:
            self._on_end(record.key)

    def _drop_old(self) -> None:
        finished = [key for key, record in self._records.items() if not record.is_unfinished]
        for key in finished[:-KEPT_FINISHED]:
            del self._records[key]

    def forget(self, key: str) -> None:
        """Drop a finished job from the table."""
        record = self._records.get(key)
        if record is not None and not record.is_unfinished:
            del self._records[key]

    def snapshot(self, key: str, *, why_waiting: str | None = None) -> Job | None:
        """Return a job as it is now, or None. A job that waits takes `why_waiting` as its message."""
        record = self._records.get(key)
        if record is None:
            return None
        position = self.waiting.index(record) + 1 if record.state == "waiting" else 0
        ahead = position - 1 + (self.running is not None) if position else 0
        return Job(
            key=record.key,
            task=record.task,
            title=record.title,
            owners=tuple(record.owners),
            workspace_path=record.workspace_path,
            parameters=record.parameters,
            state=record.state,
            stage=record.stage,
            done=record.done,
            total=record.total,
            started=record.started,
            seconds_left=self._until_start(position) if position else record.seconds_left(self._clock()),
            position=position,
            ahead=ahead,
            message=why_waiting if position else record.message,
            reference=record.reference,
            result=record.result,
        )

    def keys(self, owner: str | None = None) -> list[str]:
        """List jobs of an owner, or all: the running one, those that wait in order, the finished ones newest first."""
        running = [self.running] if self.running is not None else []
        finished = [record for record in reversed(self._records.values()) if not record.is_unfinished]
        ordered = running + self.waiting + finished
        return [record.key for record in ordered if owner is None or owner in record.owners]

    def _until_start(self, position: int) -> float | None:
        """Estimate when a waiting job begins, from how long jobs of the same tasks took."""
        if self.running is None:  # the worker is not there yet
            return None
        waits = [self._rest_of(self.running)]
        waits += [self._seconds.get(record.task) for record in self.waiting[: position - 1]]
        known = [seconds for seconds in waits if seconds is not None]
        return sum(known) if len(known) == len(waits) else None

    def _rest_of(self, record: QueuedJob) -> float | None:
        """Estimate how long the running job still takes. One that takes longer than usual says nothing about its end."""
        now = self._clock()
        left, usual = record.seconds_left(now), self._seconds.get(record.task)
        if left is not None or usual is None:
            return left
        rest = usual - (now - record.begun)
        return rest if rest > 0 else None
