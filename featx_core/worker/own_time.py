"""The CPU time that a process could use: on a busy machine, wall-clock time says little."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

LOOK_SECONDS = 1.0
"""At most so much counts between two looks: nobody knows what went on in a longer time."""

HELD_UP_SHARE = 0.1
"""How much of the time in which it could not go on counts all the same, so that no wait is without end."""

_WAITS_FOR_THE_MACHINE = "RD"  # states of a thread in Linux: runs or waits for a processor, waits for a disk
_STOPPED = "Tt"


class OwnTime:
    """Adds up how long a process ran, slept or waited for others of its own accord.

    Of the time in which it waited for a processor or a disk, only a tenth counts. Where the system does not tell (other than
    Linux), all time counts.

    Args:
        pid: The process.
        now: A reading of `time.monotonic`.

    Attributes:
        seconds: What was added up so far.
    """

    def __init__(self, pid: int, now: float) -> None:
        self.seconds = 0.0
        self._pid = pid
        self._looked = now
        self._used = 0.0

    def look(self, now: float, *, stopped_counts: bool) -> float:
        """Add what came since the last look, and give the sum.

        Args:
            now: A reading of `time.monotonic`.
            stopped_counts: Whether time in which somebody had stopped the process (SIGSTOP) counts in full.
        """
        passed = min(max(now - self._looked, 0.0), LOOK_SECONDS)
        used_before, self._looked = self._used, now
        self._used = max(_processor_seconds(self._pid), used_before)
        given = min(self._used - used_before, passed)
        is_held_up = given < passed and self._was_held_up(stopped_counts)
        self.seconds += given + (passed - given) * (HELD_UP_SHARE if is_held_up else 1.0)
        return self.seconds

    def _was_held_up(self, stopped_counts: bool) -> bool:
        states = thread_states(self._pid)
        if set(states) & set(_STOPPED):
            return not stopped_counts
        return any(state in _WAITS_FOR_THE_MACHINE for state in states)


def thread_states(pid: int) -> str:
    """Return the state of each thread of a process as Linux letters it, such as "SSR"; "" where the system does not tell."""
    if sys.platform != "linux":
        return "T" if _is_stopped(pid) else ""
    states = []
    for path in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            states.append(path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0])
        except (OSError, IndexError):  # the thread has ended
            continue
    return "".join(states)


def _is_stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _processor_seconds(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
