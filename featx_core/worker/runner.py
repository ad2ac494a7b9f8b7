"""The rules for starting jobs, ending them, and restarting the worker. Holds no lock."""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from featx_core.base.faults import new_reference
from featx_core.worker import messages
from featx_core.worker.child import Child
from featx_core.worker.jobs import Limits
from featx_core.worker.questions import Questions
from featx_core.worker.queue import JobQueue
from featx_core.worker.slot import Slot

DEATH_WINDOW_SECONDS = 60.0
MEMORY_SECONDS = 0.5
"""Time between two looks at the memory of the worker."""
MAX_DOUBLINGS = 5
"""How often the time for a start is doubled, each time after a start that took too long."""
BUSY_AFTER_SECONDS = 10.0
"""Of loading, after which a page says that the machine is busy, when the worker got less than half of that for itself."""

_LOG = logging.getLogger(__name__)


class Runner:
    """One worker at a time, and what it is busy with.

    Args:
        limits: What jobs and the worker are held to.
        new_child: Starts a worker process.
        on_end: Told the key of each job that ends.

    Attributes:
        facts: What the worker last said of its machine.
    """

    def __init__(
        self, limits: Limits, new_child: Callable[[], Child], on_end: Callable[[str], None] | None = None
    ) -> None:
        self.table = JobQueue(limits, on_end=on_end)
        self.questions = Questions()
        self.child: Child | None = None
        self.facts: Mapping[str, Any] = {}
        self._limits = limits
        self._new_child = new_child
        self._slot: Slot | None = None
        self._runs = itertools.count(1)
        self._deaths: deque[float] = deque()
        self._restart_at = 0.0
        self._memory_checked = 0.0
        self._must_recycle = False
        self._n_bytes = 0
        self._loading_since: float | None = None
        self._n_slow_starts = 0
        self._has_been_loaded = False

    def close(self) -> Child | None:
        """End all jobs and requests, and hand out the worker for ending."""
        child, self.child, self._slot = self.child, None, None
        for record in [*self.table.waiting, self.table.running]:
            if record is not None:
                self.table.end(record, "failed", message=messages.CLOSED)
        self.questions.close()
        return child

    def why_waiting(self) -> str | None:
        """Say why no job starts or no request is answered: the worker is being loaded, or is not started again at once."""
        now = time.monotonic()
        if self.child is None:
            seconds = self._restart_at - now
            return messages.paused(seconds) if seconds > 1 else None
        is_waited_for = not self.child.is_ready or (not self.child.is_loaded and self.questions.has_sent)
        return self._how_loading_goes(self.child, now) if is_waited_for else None

    def _how_loading_goes(self, child: Child, now: float) -> str:
        seconds = now - child.started
        is_held_up = seconds > BUSY_AFTER_SECONDS and child.own_seconds() < seconds / 2
        total = now - (self._loading_since or child.started)
        return messages.loading(total, is_first=not self._has_been_loaded, is_held_up=is_held_up)

    def dispatch(self) -> None:
        """Return the worker what it can take: all light requests, and a job when it is free."""
        child = self.child
        if child is None or not child.is_ready:
            return
        self.questions.send_all(child.send, child.own_seconds())
        record = self.table.start_next() if self._slot is None and not self._must_recycle else None
        if record is None:
            return
        now = child.own_seconds()
        self._slot = Slot(next(self._runs), record, begun=now, heard=now)
        child.n_jobs += 1
        child.send(
            {
                "type": "run",
                "run": self._slot.run,
                "task": record.task,
                "workspace": record.workspace_path,
                "parameters": dict(record.parameters),
            }
        )

    def release(self) -> None:
        """Tell the worker to let go of its job."""
        if self._slot is not None and self.child is not None and self._slot.released is None:
            self._slot.released = self.child.own_seconds()
            self.child.send({"type": "cancel", "run": self._slot.run})

    def take_in(self, child: Child, message: dict[str, Any]) -> None:
        """Act on a message of the worker. Messages of an earlier worker are passed over."""
        handler = _HANDLERS.get(message.get("type", ""))
        if child is self.child and handler is not None:
            handler(self, message)
            self.dispatch()

    def note_end(self, child: Child) -> None:
        """Act on the end of a worker process, where it was not wanted."""
        if child is self.child:
            reference = new_reference()
            self._lose(f"died with exit code {child.exit_code}", messages.died(reference), reference)

    def tick(self, now: float) -> None:
        """Start the worker when it is time, and hold it and its job to the limits."""
        if self.child is None:
            if now >= self._restart_at:
                self._start(now)
        elif not self.child.is_ready:
            self._hold_start_to_limit(self.child)
        else:
            self._hold_to_limits(self.child, now)

    def _start(self, now: float) -> None:
        self._must_recycle = False
        self._n_bytes = 0
        self._loading_since = self._loading_since or now
        try:
            self.child = self._new_child()
        except OSError:  # no memory, no file handles: nothing that trying again at once would cure
            _LOG.exception("The worker could not be started; the next try is in %s s.", self._limits.pause_seconds)
            self._restart_at = now + self._limits.pause_seconds

    def _hold_start_to_limit(self, child: Child) -> None:
        """Give a start, or loading after it, up when it took too long by its own time, and give the next one twice as long."""
        if child.own_seconds() > self._limits.start_seconds * 2 ** min(self._n_slow_starts, MAX_DOUBLINGS):
            self._n_slow_starts += 1
            reference = new_reference()
            self._lose("did not get ready", messages.died(reference), reference)

    def _hold_to_limits(self, child: Child, now: float) -> None:
        self._check_memory(child, now)
        if self.child is child and not child.is_loaded:
            self._hold_start_to_limit(child)
        if self.child is child and self._slot is not None:
            self._check_slot(child, self._slot)
        if self.child is child and (
            self.questions.serving is not None or (self._slot is None and self.questions.has_sent)
        ):
            self._check_request(child)
        if self.child is child and self._slot is None and self.questions.serving is None:
            has_served = child.n_jobs >= self._limits.worker_jobs and not self.table.waiting
            if self._must_recycle or has_served or self._n_bytes > self._limits.idle_bytes:
                self._replace("recycled")

    def _check_request(self, child: Child) -> None:
        if child.own_seconds() - self.questions.since > self._limits.stall_seconds:
            reference = new_reference()
            self._lose("hung in a light request", messages.died(reference), reference)

    def _check_memory(self, child: Child, now: float) -> None:
        if now - self._memory_checked < MEMORY_SECONDS:
            return
        self._memory_checked = now
        n_bytes = self._n_bytes = child.resident_bytes()
        if n_bytes > self._limits.worker_bytes:
            reference = new_reference()
            sentence = messages.too_large(n_bytes, self._limits.worker_bytes, self._how_far(), reference)
            self._lose(f"held {n_bytes} bytes", sentence, reference)

    def _check_slot(self, child: Child, slot: Slot) -> None:
        limits, record, own = self._limits, slot.record, child.own_seconds()
        if slot.released is not None:
            patience = limits.cancel_seconds if self.table.waiting else limits.idle_cancel_seconds
            if own - slot.released > patience:
                self._replace(f"did not let go of {record.task}")
            return
        silence = max(slot.limit or 0.0, limits.stall_seconds)
        if self.questions.serving is None and own - slot.heard > silence:
            reference = new_reference()
            sentence = messages.stalled(silence, self._how_far(), reference)
            self._lose("hung", sentence, reference, is_innocent=not slot.has_begun)
        elif limits.job_seconds is not None and own - slot.begun > limits.job_seconds:
            reference = new_reference()
            _LOG.warning("ref %s: %s took longer than %s s", reference, record.task, limits.job_seconds)
            sentence = messages.took_too_long(limits.job_seconds, self._how_far(), reference)
            self.table.end(record, "failed", message=sentence, reference=reference)
            self.release()

    def _how_far(self) -> str:
        record = self.table.running
        return messages.how_far(record.stage, record.done, record.total) if record is not None else "while idle"

    def _lose(self, why: str, sentence: str, reference: str, *, is_innocent: bool = False) -> None:
        """End the worker for a fault. What it was at fails; a job that was only interrupted, or never begun, waits again."""
        record = self.table.running
        _LOG.error("ref %s: the worker %s at %s", reference, why, record.task if record is not None else "no job")
        if record is not None:
            if (is_innocent or self.questions.serving is not None) and not record.has_restarted:
                self.table.put_back(record)
            else:
                self.table.end(record, "failed", message=sentence, reference=reference)
        self._drop_child(sentence)
        now = time.monotonic()
        self._deaths.append(now)
        while self._deaths[0] < now - DEATH_WINDOW_SECONDS:
            self._deaths.popleft()
        if len(self._deaths) >= self._limits.max_deaths:
            self._restart_at = now + self._limits.pause_seconds
            _LOG.error("The worker ended %d times in a row; it starts again later.", len(self._deaths))

    def _replace(self, why: str) -> None:
        """End the worker although it did no wrong; a fresh one starts at once."""
        _LOG.info("The worker is replaced: %s.", why)
        self._drop_child(messages.died(new_reference()))

    def _drop_child(self, sentence: str) -> None:
        child, self.child, self._slot = self.child, None, None
        if child is not None:
            child.kill()
        self.questions.worker_is_gone(sentence)

    def _on_ready(self, message: dict[str, Any]) -> None:
        if self.child is not None:
            self.child.is_ready = True
            if message.get("is_loaded", True):
                self._on_loaded(message)

    def _on_loaded(self, message: dict[str, Any]) -> None:
        if self.child is not None:
            self.child.is_loaded = self._has_been_loaded = True
            self._loading_since, self._n_slow_starts = None, 0
            self.facts = dict(message.get("facts") or {})

    def _on_progress(self, message: dict[str, Any]) -> None:
        slot = self._slot
        if slot is None or slot.run != message["run"]:
            return
        slot.heard, slot.has_begun, slot.limit = self._own_seconds(), True, message["limit"]
        if slot.record is self.table.running:
            slot.record.advance(message["stage"], message["done"], message["total"], time.monotonic())

    def _on_finished(self, message: dict[str, Any]) -> None:
        slot = self._slot
        if slot is None or slot.run != message["run"]:
            return
        self._slot = None
        self.questions.since = self._own_seconds()
        self._deaths.clear()
        self._must_recycle |= bool(message.get("recycle"))
        facts = {name: message.get(name) for name in ("message", "reference", "result")}
        self.table.end(slot.record, message["type"], **facts)

    def _on_serving(self, message: dict[str, Any]) -> None:
        self.questions.serve(message["question"], self._own_seconds())

    def _on_answer(self, message: dict[str, Any]) -> None:
        self.questions.answer(message["question"], message.get("result"), message.get("message"), self._own_seconds())
        if self._slot is not None:
            self._slot.heard = self._own_seconds()

    def _own_seconds(self) -> float:
        return self.child.own_seconds() if self.child is not None else 0.0


_HANDLERS: dict[str, Callable[[Runner, dict[str, Any]], None]] = {
    "ready": Runner._on_ready,
    "loaded": Runner._on_loaded,
    "progress": Runner._on_progress,
    "done": Runner._on_finished,
    "failed": Runner._on_finished,
    "cancelled": Runner._on_finished,
    "serving": Runner._on_serving,
    "answer": Runner._on_answer,
}
