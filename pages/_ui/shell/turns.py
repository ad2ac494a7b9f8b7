"""Turns: what takes long to draw is drawn for one visitor at a time, and what is quick reaches all others meanwhile.

Threads of one process share one lock of Python's. With many visitors at long drawings, everybody waits for everybody.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

PATIENCE = 1.0
"""Seconds after which nobody waits any longer for a turn: a drawing that takes so long does not hold others up."""

MAX_SECONDS = 8.0
"""For which a drawing stands back at most while others wait for something shorter."""

_SECONDS_BETWEEN_LOOKS = 0.1
_turn = threading.Semaphore()


def let_pass(is_waited_for: Callable[[], bool]) -> None:
    """Stand back while others wait for something that their pages show first, but not for long."""
    deadline = time.monotonic() + MAX_SECONDS
    while is_waited_for() and time.monotonic() < deadline:
        time.sleep(_SECONDS_BETWEEN_LOOKS)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for a turn, and give it back at the end, however that comes."""
    is_mine = _turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if is_mine:
            _turn.release()
