"""The progress report of a task: sends progress and receives cancellation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from featx_core.base.progress import Cancelled

SECONDS_BETWEEN = 0.1
"""Progress is told at most so often; the end and the beginning of a stage always."""


class Report:
    """A progress callback that also names stages, serves light requests, and raises `Cancelled`.

    Args:
        run: The number of the run.
        send: Sends a message to the server.
        is_cancelled: Tells whether the job should stop.
        serve: Answers the light requests that wait.

    Attributes:
        needs_fresh_worker: Set it when memory ran out on the way, so that the process does not go on after this job.
        needs_reset: Unset it when the job did no more than run networks that were built and traced before it: the next one
            then begins without `reset`.
    """

    def __init__(
        self,
        run: int,
        send: Callable[[Mapping[str, Any]], None],
        is_cancelled: Callable[[], bool],
        serve: Callable[[], None],
    ) -> None:
        self.needs_fresh_worker = False
        self.needs_reset = True
        self._run = run
        self._send = send
        self._is_cancelled = is_cancelled
        self._serve = serve
        self._thread = threading.get_ident()
        self._stage = ""
        self._limit: float | None = None
        self._told = 0.0

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Begin a stage.

        Args:
            name: What the user reads, such as "Extracting".
            limit_seconds: How long the stage may be silent before the worker counts as hung; None for the usual time.

        Raises:
            Cancelled: If the job should stop.
        """
        self._stage, self._limit = name, limit_seconds
        self._tell(0, 0)
        self._pause()

    def __call__(self, done: int, total: int) -> None:
        """Tell how many steps of the stage are done. See `ProgressCallback`.

        Raises:
            Cancelled: If the job should stop.
        """
        if done in (0, total) or time.monotonic() - self._told >= SECONDS_BETWEEN:
            self._tell(done, total)
        self._pause()

    def _tell(self, done: int, total: int) -> None:
        self._told = time.monotonic()
        message = {"type": "progress", "run": self._run, "stage": self._stage, "limit": self._limit}
        self._send({**message, "done": int(done), "total": int(total)})

    def _pause(self) -> None:
        if self._is_cancelled():
            raise Cancelled
        if threading.get_ident() == self._thread:
            self._serve()
