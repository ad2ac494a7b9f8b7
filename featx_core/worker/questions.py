"""Questions that wait for an answer from the worker. Holds no process and no lock."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from featx_core.worker.jobs import JobRefusedError, TaskFailedError, WorkerLostError
from featx_core.worker.messages import BUSY, CLOSED, no_answer

MAX_TRIES = 2
"""How often a request is sent, when the worker died over something else."""


@dataclass
class Question:
    """One question."""

    number: int
    message: Mapping[str, Any]
    answered: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    problem: str | None = None
    is_lost: bool = False
    n_sent: int = 0
    is_sent: bool = False

    def wait(self, seconds: float) -> Any:
        """Wait for the answer.

        Raises:
            TimeoutError: If there is none in time.
            TaskFailedError: If there will be none.
            WorkerLostError: If that is for the end of the worker.
        """
        if not self.answered.wait(seconds):
            raise TimeoutError(no_answer(seconds))
        if self.problem is not None:
            raise (WorkerLostError if self.is_lost else TaskFailedError)(self.problem)
        return self.result


class Questions:
    """All requests without an answer.

    Attributes:
        serving: The request that the worker is busy with, or None.
        since: When the worker last said something of a request, or could begin with one, in its own time.
    """

    def __init__(self) -> None:
        self.serving: Question | None = None
        self.since = 0.0
        self._numbers = itertools.count(1)
        self._open: dict[int, Question] = {}

    def add(self, message: Mapping[str, Any], limit: int) -> Question:
        """Take on a request.

        Raises:
            JobRefusedError: If as many as `limit` are open.
        """
        if len(self._open) >= limit:
            raise JobRefusedError(BUSY)
        number = next(self._numbers)
        question = self._open[number] = Question(number, {**message, "question": number})
        return question

    def drop(self, question: Question) -> None:
        """Forget a request: nobody waits for it any more."""
        self._open.pop(question.number, None)

    @property
    def has_sent(self) -> bool:
        """Whether the worker has a request that it did not answer yet."""
        return any(question.is_sent for question in self._open.values())

    def send_all(self, send: Callable[[Mapping[str, Any]], None], now: float) -> None:
        """Send the requests that the worker does not have yet, at `now` in its own time."""
        if not self.has_sent:
            self.since = now
        for question in self._open.values():
            if not question.is_sent:
                question.is_sent = True
                question.n_sent += 1
                send(question.message)

    def serve(self, number: int, now: float) -> None:
        """Note that the worker began with a request, at `now` in its own time."""
        self.serving, self.since = self._open.get(number), now

    def answer(self, number: int, result: Any, problem: str | None, now: float) -> None:
        """Pass an answer on to whoever waits for it, at `now` in the own time of the worker."""
        self.since = now
        self._end(number, result, problem)

    def _end(self, number: int, result: Any, problem: str | None, *, is_lost: bool = False) -> None:
        self.serving = None
        question = self._open.pop(number, None)
        if question is not None:
            question.result, question.problem, question.is_lost = result, problem, is_lost
            question.answered.set()

    def worker_is_gone(self, problem: str) -> None:
        """Send all requests to the next worker again, except the one it died over and those out of tries."""
        culprit = self.serving
        for question in list(self._open.values()):
            question.is_sent = False
            if question is culprit or question.n_sent >= MAX_TRIES:
                self._end(question.number, None, problem, is_lost=True)
        self.serving = None

    def close(self) -> None:
        """Tell all who wait that there will be no answer."""
        for number in list(self._open):
            self._end(number, None, CLOSED, is_lost=True)
