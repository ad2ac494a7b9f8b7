"""Conversion of a network to OpenVINO, verified: in a background thread, once for all processes."""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import numpy as np

from featx_core.base.memory import hand_back
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.engines.engine import Engine, TensorFlowEngine
from featx_core.networks.engines.openvino_engine import EngineError, OpenVinoEngine

N_TRIALS = 3
_PATIENCE_AT_EXIT = 60.0  # seconds; a process that ends in the midst of native code may crash

_LOG = logging.getLogger(__name__)
_UNDER_WAY: weakref.WeakSet[Conversion] = weakref.WeakSet()


class Conversion:
    """A graph on its way, in a thread of its own.

    Attributes:
        key: Names the graph.
        batch: What it is checked on.
        engine: Ready and checked; None until then, and where that was not to be.
        failure: Why there is none.
        seconds: How long it took, without waiting.
        pace: Seconds an image that the engine takes; None until it is ready.
    """

    def __init__(self, key: str, tensorflow: TensorFlowEngine, batch: np.ndarray, expected: np.ndarray) -> None:
        self.key = key
        self.batch = batch
        self.engine: OpenVinoEngine | None = None
        self.failure = ""
        self.seconds = 0.0
        self.pace: float | None = None
        self._converted, self._may_go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(tensorflow, expected), name="featx-convert", daemon=True
        )
        _wait_at_exit()
        _UNDER_WAY.add(self)
        self._thread.start()

    @property
    def is_converted(self) -> bool:
        """Whether there is a graph, which may still have to be loaded and checked."""
        return self._converted.is_set()

    @property
    def is_done(self) -> bool:
        """Whether it came to an end, good or bad."""
        return not self._thread.is_alive()

    def go_on(self) -> None:
        """Let the graph be loaded and checked."""
        self._may_go_on.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it ends, or for this many seconds."""
        self._thread.join(seconds)

    def _run(self, tensorflow: TensorFlowEngine, expected: np.ndarray) -> None:
        started = time.perf_counter()
        try:
            with _one_process(self.key):
                engine = prepare(self.key, tensorflow, self.batch, expected, pause=self._pause)
            self.pace = _seconds_an_image(engine, self.batch)
            self.engine = engine
        except EngineError as error:
            self.failure = str(error)
            graph_cache.write_facts(self.key, {"failure": self.failure})
        except Exception:
            _LOG.exception("A graph could not be prepared for OpenVINO.")
            self.failure = "preparing it failed"
        self.seconds += time.perf_counter() - started

    def _pause(self) -> None:
        started = time.perf_counter()
        self._converted.set()
        self._may_go_on.wait()
        self.seconds -= time.perf_counter() - started


def prepare(
    key: str,
    tensorflow: TensorFlowEngine,
    batch: np.ndarray,
    expected: np.ndarray,
    *,
    pause: Callable[[], object] = lambda: None,
) -> OpenVinoEngine:
    """Return the OpenVINO engine of a model, checked: from disk, or converted and kept.

    Args:
        key: As `graph_cache.graph_key` gives it.
        tensorflow: Runs the model.
        batch: float32, preprocessed: what to check it on.
        expected: What TensorFlow gives for it.
        pause: Called between the conversion and what takes most memory, loading it.

    Raises:
        EngineError: If it cannot be converted or disagrees with TensorFlow.
    """
    stored = graph_cache.load(key)
    graph = stored or openvino_engine.convert(tensorflow.graph())
    pause()
    hand_back()
    engine = OpenVinoEngine(graph)
    openvino_engine.check(engine, batch, expected)
    if stored is None:
        graph_cache.keep(key, graph)
    return engine


def _seconds_an_image(engine: Engine, batch: np.ndarray) -> float:
    """Time a few runs of a batch; gives the best."""
    found = []
    for _ in range(N_TRIALS):
        started = time.perf_counter()
        engine(batch)
        found.append(time.perf_counter() - started)
    return min(found) / len(batch)


@contextlib.contextmanager
def _one_process(key: str) -> Iterator[None]:
    """Let one process convert at a time; where no lock can be had, several may, which only costs time."""
    from filelock import FileLock

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(FileLock(graph_cache.lock_path(key)))
        yield


@functools.cache
def _wait_at_exit() -> None:
    atexit.register(_join_all)


def _join_all() -> None:
    for conversion in list(_UNDER_WAY):
        conversion.go_on()
        conversion.wait(_PATIENCE_AT_EXIT)
