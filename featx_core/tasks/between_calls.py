"""In a notebook, between two calls: networks that were used are converted in a process aside, and made ready."""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import os
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from featx_core.base.idle import IDLE_SECONDS, IdleWork
from featx_core.extraction import extract as plain
from featx_core.heatmaps.keeping import can_be_kept
from featx_core.networks.kept.taking import take_kept, wants_graph
from featx_core.tasks.idle import MAX_TRIES, command_for, has_room

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

LOOK_SECONDS = 0.25
_PATIENCE_AT_EXIT = 60.0  # seconds; a process that ends in the midst of native code may crash


class BetweenCalls:
    """Converts networks while nothing is asked, in a process that stands behind all others and is ended by the next call.

    A thread waits for that process and has the graph loaded and checked. It ends where nothing is left to do.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._work = IdleWork(lambda: self._command, is_silent=True)
        self._command: Sequence[str] | None = None
        self._begun: str | None = None  # the digest of the spec whose conversion was begun and not broken off
        self._tries: Counter[str] = Counter()
        self._wanted: dict[str, tuple[weakref.ref[Extractor], str]] = {}
        self._n_calls, self._last_call = 0, 0.0
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """Leave the processor to a call for as long as the context lasts."""
        with self._lock:
            self._n_calls += 1
            self._stop()
        try:
            yield
        finally:
            with self._lock:
                self._n_calls, self._last_call = self._n_calls - 1, time.monotonic()

    def add(self, extractor: Extractor, workspace_path: str) -> None:
        """Have the network of an extractor converted that TensorFlow ran.

        Args:
            extractor: As a run left it.
            workspace_path: The file of the workspace where its weights may be kept; "" without one.
        """
        if not (wants_graph(extractor) and can_be_kept(extractor)):
            return
        with self._lock:
            if self._is_closed:
                return
            self._wanted[extractor.spec.digest] = weakref.ref(extractor), workspace_path
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="featx-between-calls", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the process and the thread, for good."""
        with self._lock:
            self._is_closed, thread = True, self._thread
            self._stop()
        if thread is not None:
            thread.join(_PATIENCE_AT_EXIT)

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                self._wanted = {key: pair for key, pair in self._wanted.items() if pair[0]() is not None}
                if self._is_closed or not self._wanted:
                    self._stop()
                    self._thread = None
                    return
                digest, (reference, path) = next(iter(self._wanted.items()))
                extractor = reference() if self._is_quiet() and not self._work.is_at_work else None
            if extractor is not None:  # not under the lock: calls need not wait
                is_done = not wants_graph(extractor) or take_kept(extractor)
                with self._lock:
                    self._go_on(digest, None if is_done else command_for(extractor.spec, path))
            del extractor

    def _is_quiet(self) -> bool:
        return self._n_calls == 0 and time.monotonic() - self._last_call >= IDLE_SECONDS

    def _go_on(self, digest: str, command: Sequence[str] | None) -> None:
        """Begin the conversion of a network, unless that came to an end or cannot be."""
        if command is None or self._begun == digest or self._tries[digest] >= MAX_TRIES or not has_room():
            self._wanted.pop(digest, None)
            self._begun = None
        elif self._is_quiet() and not self._is_closed:
            self._tries[digest] += 1
            self._begun, self._command = digest, command
            self._work.go_on()

    def _stop(self) -> None:
        self._work.stop()
        self._begun = None


def is_notebook() -> bool:
    """Whether someone calls featx by hand, in a notebook or at Python's prompt."""
    return hasattr(sys, "ps1") or "ipykernel" in sys.modules


def between_calls(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Have the network converted after a call, in a notebook. The function takes an `extractor` and perhaps a `workspace`."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if not is_notebook():
            return function(*args, **kwargs)
        with BETWEEN_CALLS.call():
            result = function(*args, **kwargs)
        given = signature.bind(*args, **kwargs).arguments
        workspace = given.get("workspace")
        BETWEEN_CALLS.add(given["extractor"], "" if workspace is None else workspace.path)
        return result

    return called


BETWEEN_CALLS = BetweenCalls()
atexit.register(BETWEEN_CALLS.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=BETWEEN_CALLS.__init__)  # type: ignore[misc]  # the thread stays with the parent

extract = between_calls(plain.extract)
