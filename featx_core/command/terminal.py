"""Progress of a command: one line that is written over on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from featx_core.base.wording import counted, spaced

SECONDS_BETWEEN = 0.2
SECONDS_BETWEEN_IN_A_LOG = 30.0
SECONDS_UNTIL_ESTIMATED = 2.0


class Terminal:
    """Tells of the stages of long work and their steps, with rate and time left.

    Args:
        unit: What is counted, in the singular, such as "image".
        out: Where it is written; the standard error by default, so that results can be piped on.
        is_quiet: Whether nothing is written.
    """

    def __init__(self, unit: str = "image", *, out: TextIO | None = None, is_quiet: bool = False) -> None:
        self._out = out or sys.stderr
        self._unit = unit
        self._is_quiet = is_quiet
        self._is_log = not self._out.isatty()
        self._name = ""
        self._begun = self._told = time.monotonic()
        self._width = 0

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Begin a stage and say so."""
        self.end()
        self._name = name
        self._begun = self._told = time.monotonic()
        self._write(name)

    def __call__(self, done: int, total: int) -> None:
        """Tell how many steps of the stage are done, but not too often."""
        now = time.monotonic()
        pause = SECONDS_BETWEEN_IN_A_LOG if self._is_log else SECONDS_BETWEEN
        if now - self._told < pause or not total:
            return
        self._told = now
        self._write(f"{self._name}: {self._steps(done, total, now - self._begun)}")

    def end(self) -> None:
        """Leave the last line as it is; what is written next begins below it."""
        if self._width and not self._is_log and not self._is_quiet:
            self._out.write("\n")
        self._width = 0

    def say(self, sentence: str) -> None:
        """Write a sentence on a line of its own."""
        self.end()
        if not self._is_quiet:
            self._out.write(sentence + "\n")
            self._out.flush()

    def complain(self, sentence: str) -> None:
        """Write an error, also where all else is left out."""
        self.end()
        self._out.write(sentence + "\n")
        self._out.flush()

    def _steps(self, done: int, total: int, seconds: float) -> str:
        steps = f"{spaced(done)} of {counted(total, self._unit)}"
        if seconds < SECONDS_UNTIL_ESTIMATED or not done:
            return steps
        left = seconds / done * (total - done)
        return f"{steps}, {done / seconds:.3g} a second, about {_duration(left)} left"

    def _write(self, line: str) -> None:
        if self._is_quiet:
            return
        if self._is_log:
            self._out.write(line + "\n")
        else:
            self._out.write("\r" + line.ljust(self._width))
            self._width = len(line)
        self._out.flush()


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
