"""Which engine runs a model: TensorFlow at once, OpenVINO where its graph is ready and faster. Nobody needs to choose."""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core import graph_cache, openvino_engine
from featx_core.engine import Engine, TensorFlowEngine
from featx_core.openvino_engine import EngineError, OpenVinoEngine

if TYPE_CHECKING:
    import keras

MAXIMUM_PARAMETERS = 150_000_000
"""Larger networks stay on TensorFlow: while they are converted, their weights lie in memory four times."""

PAYS_FROM = 4.0
"""A conversion begins when TensorFlow still has so many times as long to go as the conversion is expected to take: it takes
a core away meanwhile, and the images that were done before the change are done again."""

LEAST_GAIN = 1.05
"""OpenVINO takes over when it is measured at least so many times as fast as TensorFlow."""

N_PROBES = 8
N_TRIALS = 3
_SECONDS_TO_CONVERT = (2.0, 0.01)  # for any network, and for each layer: measured on two cores
_PATIENCE_AT_EXIT = 60.0  # seconds; a process that ends in the midst of native code may crash

_LOG = logging.getLogger(__name__)
_THREADS: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


class Engines:
    """The engines of one model. Callable on batches like an engine; which one answers may change between two calls.

    TensorFlow answers at once. A graph for OpenVINO that is on disk is used from the first batch on. Where there is none, and
    so much is to do that it pays, it is converted in a thread, checked against TensorFlow on images of this run, and then
    tried on two batches beside TensorFlow: it takes over if it is faster.

    Two runs that the same engine did, batch for batch, give the same bits. The engines themselves agree to a relative
    difference of at most `openvino_engine.MAXIMUM_DISAGREEMENT`, usually 1e-6.

    Args:
        model: From preprocessed images to features.

    Attributes:
        notes: What happened since `begin`, in sentences for people.
    """

    def __init__(self, model: keras.Model) -> None:
        self.notes: list[str] = []
        self._model = model
        self._tensorflow = TensorFlowEngine(model)
        self._current: Engine = self._tensorflow
        self._key: str | None = None
        self._refusal = ""
        self._is_settled = False  # nothing more to convert, try or look up
        self._is_running = False
        self._converting: _Conversion | None = None
        self._trials: list[tuple[float, float]] = []  # seconds of TensorFlow and of OpenVINO for the same batch
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def title(self) -> str:
        """What computes now, and in which precision."""
        return self._current.title

    def begin(self) -> None:
        """Begin a run: take the graph that is on disk, if there is one."""
        self.notes = [self._refusal] if self._refusal else []
        self._is_running = True
        if self._is_settled or self._converting is not None:
            return
        if not self._may_convert():
            self._is_settled = True
        elif not graph_cache.is_empty():
            self._look_up()

    def plan(self, seconds_left: float) -> None:
        """Begin a conversion where it pays.

        Args:
            seconds_left: How long the rest of the run will take at the speed that was measured so far.
        """
        if self._is_settled or self._converting is not None or self._last is None:
            return
        fixed, a_layer = _SECONDS_TO_CONVERT
        if seconds_left < PAYS_FROM * (fixed + a_layer * len(self._model.layers)):
            return
        self._key = self._key or graph_cache.graph_key(self._model)
        if self._key is None:
            self._refuse("it cannot say what it is made of")
            return
        batch, expected = (part[:N_PROBES] for part in self._last)
        self._converting = _Conversion(self._key, self._tensorflow, batch, expected)

    def end(self) -> None:
        """End a run. A conversion that is still going on is finished for the next one."""
        self._last, self._is_running = None, False
        if self._converting is not None and not self._is_settled:
            self.notes.append(
                "OpenVINO was still being prepared when the last image was done; the next run can use it."
            )

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model. See `Engine`."""
        if self._current is not self._tensorflow:
            return self._guarded(batch)
        started = time.perf_counter()
        values = self._tensorflow(batch)
        seconds = time.perf_counter() - started
        if self._is_running and not self._is_settled:
            self._last = batch, values
            if self._converting is not None and self._converting.is_done:
                self._try(self._converting, batch, seconds)
        return values

    def _may_convert(self) -> bool:
        return openvino_engine.is_available() and self._model.count_params() <= MAXIMUM_PARAMETERS and not _has_gpu()

    def _look_up(self) -> None:
        self._key = graph_cache.graph_key(self._model)
        facts = graph_cache.read_facts(self._key) if self._key else {}
        if "failure" in facts:
            self._refuse(str(facts["failure"]))
        elif facts.get("ratio", LEAST_GAIN) < LEAST_GAIN:
            self._is_settled = True
        elif self._key and (graph := graph_cache.load(self._key)) is not None:
            with contextlib.suppress(EngineError):  # made again when that pays
                self._current = OpenVinoEngine(graph)
                self._is_settled = True

    def _try(self, conversion: _Conversion, batch: np.ndarray, seconds: float) -> None:
        """Run the candidate on the batch that TensorFlow has just done, and compare the best times of a few batches."""
        if conversion.engine is None:
            self._refuse(conversion.failure)
            return
        started = time.perf_counter()
        conversion.engine(batch)
        self._trials.append((seconds, time.perf_counter() - started))
        if len(self._trials) < N_TRIALS:
            return
        ours, theirs = (min(times) for times in zip(*self._trials, strict=True))
        ratio = ours / theirs
        graph_cache.write_facts(conversion.key, {"ratio": ratio})
        self._is_settled, self._converting, self._last = True, None, None
        if ratio < LEAST_GAIN:
            self.notes.append("OpenVINO was tried on a few batches and is no faster here, so TensorFlow went on.")
            return
        self._current = conversion.engine
        self._tensorflow.forget()
        self.notes.append(
            f"TensorFlow began. OpenVINO, prepared meanwhile in {conversion.seconds:.0f} s and measured {ratio:.2g} times as "
            "fast, took over and did the first images again, so that all rows of this run come from one engine."
        )

    def _guarded(self, batch: np.ndarray) -> np.ndarray:
        """Run OpenVINO; when it fails for another reason than memory, TensorFlow takes over for good."""
        try:
            return self._current(batch)
        except RuntimeError as error:
            _LOG.warning("OpenVINO failed on a batch of %s.", batch.shape, exc_info=error)
            self._current = self._tensorflow
            self._refuse("it failed on a batch")
            return self._tensorflow(batch)

    def _refuse(self, reason: str) -> None:
        self._is_settled, self._converting, self._last = True, None, None
        self._refusal = f"TensorFlow ran this network. OpenVINO, which is often faster, was not used: {reason}."
        self.notes.append(self._refusal)


class OneEngine:
    """Stands in for `Engines` where an extractor brings none: there is nothing to choose."""

    title = TensorFlowEngine.title
    notes: Sequence[str] = ()

    def begin(self) -> None:
        """Begin a run."""

    def plan(self, seconds_left: float) -> None:
        """Nothing to plan."""

    def end(self) -> None:
        """End a run."""


class _Conversion:
    """A graph on its way, in a thread of its own.

    Attributes:
        key: Names the graph.
        engine: Ready and checked; None until then, and where that was not to be.
        failure: Why there is none.
        seconds: How long it took.
    """

    def __init__(self, key: str, tensorflow: TensorFlowEngine, batch: np.ndarray, expected: np.ndarray) -> None:
        self.key = key
        self.engine: OpenVinoEngine | None = None
        self.failure = ""
        self.seconds = 0.0
        self._thread = threading.Thread(
            target=self._run, args=(tensorflow, batch, expected), name="featx-convert", daemon=True
        )
        _wait_at_exit()
        _THREADS.add(self._thread)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether it came to an end, good or bad."""
        return not self._thread.is_alive()

    def _run(self, tensorflow: TensorFlowEngine, batch: np.ndarray, expected: np.ndarray) -> None:
        started = time.perf_counter()
        try:
            with _one_process(self.key):
                self.engine = prepare(self.key, tensorflow, batch, expected)
        except EngineError as error:
            self.failure = str(error)
            graph_cache.write_facts(self.key, {"failure": self.failure})
        except Exception:
            _LOG.exception("A graph could not be prepared for OpenVINO.")
            self.failure = "preparing it failed"
        self.seconds = time.perf_counter() - started


def prepare(key: str, tensorflow: TensorFlowEngine, batch: np.ndarray, expected: np.ndarray) -> OpenVinoEngine:
    """Give the OpenVINO engine of a model, checked: from disk, or converted and kept.

    Args:
        key: As `graph_cache.graph_key` gives it.
        tensorflow: Runs the model.
        batch: float32, preprocessed: what to check it on.
        expected: What TensorFlow gives for it.

    Raises:
        EngineError: If it cannot be converted or disagrees with TensorFlow.
    """
    stored = graph_cache.load(key)
    graph = stored or openvino_engine.convert(tensorflow.graph())
    engine = OpenVinoEngine(graph)
    openvino_engine.check(engine, batch, expected)
    if stored is None:
        graph_cache.keep(key, graph)
    return engine


@contextlib.contextmanager
def _one_process(key: str) -> Iterator[None]:
    """Let one process convert at a time; where no lock can be had, several may, which only costs time."""
    from filelock import FileLock

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(FileLock(graph_cache.lock_path(key)))
        yield


@functools.cache
def _has_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


@functools.cache
def _wait_at_exit() -> None:
    atexit.register(_join_all)


def _join_all() -> None:
    for thread in list(_THREADS):
        thread.join(_PATIENCE_AT_EXIT)
