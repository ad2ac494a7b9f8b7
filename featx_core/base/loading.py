"""Slow imports aside: a thread loads what takes seconds, and makes way for work that needs none of it."""

from __future__ import annotations

import contextlib
import importlib.abc
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

QUIET_SECONDS = 3.0
"""Without work, after which loading begins: what a first result asks for one after the other comes before it."""

MAX_WAIT = 20.0
"""Seconds after which loading begins also beside work."""

MAX_GIVE_WAY = 5.0
"""Seconds for which it makes way at most: longer work has the processor to share."""

SWITCH_SECONDS = 0.0005
"""How soon one thread of Python lets another go on while both want to: by itself 0.005, for each of a hundred small steps."""

LOOK_SECONDS = 0.1
_PAUSE = 0.005


class Loading:
    """Loads something once, in a thread of its own.

    Python runs one thread at a time, and an import is hard to interrupt: loading waits before each module for as long as
    others go first. It does not wait while others wait for it, be it for a module that it is in the midst of.

    Args:
        load: What to do.
    """

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._is_needed = threading.Event()
        self._is_done = threading.Event()
        self._busy_since: float | None = None
        self._last_busy = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="featx-load", daemon=True)

    def start(self) -> None:
        """Let it begin as soon as there is nothing else to do."""
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether all is loaded."""
        return self._is_done.is_set()

    def wait(self, look_up: Callable[[], object]) -> None:
        """Wait until all is loaded; it begins at once.

        Args:
            look_up: Called ten times a second. It stops the wait by raising.
        """
        self._is_needed.set()
        while not self._is_done.wait(LOOK_SECONDS):
            look_up()

    def need(self) -> None:
        """Say that something waits for it."""
        self._is_needed.set()

    @contextlib.contextmanager
    def others_first(self) -> Iterator[None]:
        """Go first for as long as the context lasts."""
        self._busy_since = time.monotonic()
        try:
            yield
        finally:
            self._busy_since, self._last_busy = None, time.monotonic()

    def _run(self) -> None:
        self._wait_for_quiet()
        finder = _Pausing(self._make_way)
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        sys.meta_path.insert(0, finder)
        try:
            self._load()
        finally:
            sys.meta_path.remove(finder)
            sys.setswitchinterval(before)
            self._is_done.set()  # also where it failed: whoever needs it fails with the same error, and does not wait for ever

    def _wait_for_quiet(self) -> None:
        until = time.monotonic() + MAX_WAIT
        while time.monotonic() < until and not self._is_needed.wait(QUIET_SECONDS / 5):
            if self._busy_since is None and time.monotonic() - self._last_busy > QUIET_SECONDS:
                return

    def _make_way(self) -> None:
        while (since := self._busy_since) is not None and not self._is_needed.is_set():
            if time.monotonic() - since > MAX_GIVE_WAY or _is_waited_for():
                return
            time.sleep(_PAUSE)


class _Pausing(importlib.abc.MetaPathFinder):
    """Finds no module, but is asked for each: the thread that put it up pauses then.

    Args:
        pause: Called in that thread.
    """

    def __init__(self, pause: Callable[[], None]) -> None:
        self._thread = threading.get_ident()
        self._pause = pause

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        """Return None, after a pause."""
        if threading.get_ident() == self._thread:
            self._pause()


def _is_waited_for() -> bool:
    """Whether another thread waits for a module: work has threads of its own, such as those that decode images."""
    here = threading.get_ident()
    others = (frame for thread, frame in sys._current_frames().items() if thread != here)
    return any(frame.f_code.co_filename.startswith("<frozen importlib") for frame in others)


_ASIDE: Loading | None = None


def load_aside(load: Callable[[], object]) -> Loading:
    """Load something in the background of this process. One thing a process."""
    global _ASIDE
    _ASIDE = Loading(load)
    _ASIDE.start()
    return _ASIDE


def is_pending() -> bool:
    """Whether something is loaded aside in this process, and not there yet."""
    return _ASIDE is not None and not _ASIDE.is_done


def wait(look_up: Callable[[], object]) -> None:
    """Wait for what is loaded aside, if anything is. See `Loading.wait`."""
    if _ASIDE is not None:
        _ASIDE.wait(look_up)
