"""Turns: what takes long to draw is drawn for one visitor at a time, and what is quick reaches all others meanwhile.

Threads of one process share one lock of Python's. With many visitors at long drawings, everybody waits for everybody.
"""

import contextlib
import threading
from collections.abc import Iterator

PATIENCE = 1.0
"""Seconds after which nobody waits any longer for a turn: a drawing that takes so long does not hold others up."""

_turn = threading.Semaphore()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for a turn, and give it back at the end, however that comes."""
    is_mine = _turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if is_mine:
            _turn.release()
