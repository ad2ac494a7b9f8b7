"""Turns: what takes long to draw is drawn for one visitor at a time, and what is quick reaches all others meanwhile.

Threads of one process share one lock of Python's. With many visitors at long drawings, everybody waits for everybody.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

PATIENCE = 1.0
"""Seconds after which nobody waits any longer for one and the same drawing: it does not hold others up. While turns
pass, all go on waiting: of many visitors who give up after a second in all, most draw at once, and everybody waits."""

MAX_SECONDS = 8.0
"""For which a drawing stands back at most while others wait for something shorter, and waits at most for its turn."""

_SECONDS_BETWEEN_LOOKS = 0.1
_turn = threading.Semaphore()
_noted = {"given": 0}  # how many turns were had


def let_pass(is_waited_for: Callable[[], bool]) -> None:
    """Stand back while others wait for something that their pages show first, but not for long."""
    deadline = time.monotonic() + MAX_SECONDS
    while is_waited_for() and time.monotonic() < deadline:
        time.sleep(_SECONDS_BETWEEN_LOOKS)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for a turn, and give it back at the end, however that comes."""
    is_mine = _acquired()
    try:
        yield
    finally:
        if is_mine:
            _turn.release()


def _acquired() -> bool:
    """Wait as long as turns pass from one to the next, but not for long in all; give whether one was had."""
    deadline = time.monotonic() + MAX_SECONDS
    while time.monotonic() < deadline:
        n_given = _noted["given"]
        if _turn.acquire(timeout=PATIENCE):
            _noted["given"] += 1
            return True
        if _noted["given"] == n_given:
            return False
    return False
