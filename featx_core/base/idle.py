"""Work for when there is none: a process beside the worker, ended as soon as there is something to do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

from featx_core.base.other_process import environment

IDLE_SECONDS = 2.0
"""Without a job or a question, after which the worker counts as idle."""


class IdleWork:
    """Runs commands one after the other, each in a process of its own that stands behind all others.

    The standard input of each is a pipe from this process: it ends with it, as its reader sees.

    Args:
        next_command: Gives the next command, or None. One that was broken off may be given again.
        is_silent: Whether what the processes say of errors goes nowhere.
    """

    def __init__(self, next_command: Callable[[], Sequence[str] | None], *, is_silent: bool = False) -> None:
        self._next_command = next_command
        self._errors = subprocess.DEVNULL if is_silent else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether a process runs."""
        return self._process is not None and self._process.poll() is None

    def go_on(self) -> None:
        """Begin the next command, unless one is at work."""
        if self.is_at_work:
            return
        self.stop()
        command = self._next_command()
        if command is not None:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._errors, env=environment()
            )

    def stop(self) -> None:
        """End what is at work, at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
