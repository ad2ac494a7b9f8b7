"""The choice of engine: TensorFlow at first, OpenVINO once its graph is ready and faster. It is automatic."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.memory import hand_back
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.engines.conversion import N_TRIALS, Conversion
from featx_core.networks.engines.engine import Engine, TensorFlowEngine
from featx_core.networks.engines.gpu import find_gpu
from featx_core.networks.engines.openvino_engine import EngineError, OpenVinoEngine

if TYPE_CHECKING:
    import keras

    from featx_core.networks.engines.openvino_engine import Graph

MAX_PARAMETERS = 150_000_000
"""Larger networks stay on TensorFlow: while they are converted, their weights lie in memory four times."""

PAYS_FROM = 4.0
"""A conversion begins when TensorFlow still has so many times as long to go as the conversion is expected to take: it takes
a core away meanwhile, and the images that were done before the change are done again. Runs that were too short for that
add up: one begins as well when TensorFlow has run for as long, over all runs, as the conversion takes."""

MIN_GAIN = 1.05
"""OpenVINO takes over when it is measured at least so many times as fast as TensorFlow."""

N_PROBES = 8
_SECONDS_TO_CONVERT = (2.0, 0.01)  # for any network, and for each layer: measured on two cores

_LOG = logging.getLogger(__name__)


class Engines:
    """The engines of one model. Callable on batches like an engine; which one answers may change between two calls.

    TensorFlow answers at once. A graph for OpenVINO that is on disk is used from the first batch on. Where there is none, and
    so much is to do that it pays, it is converted in a thread. TensorFlow is timed on the next batches and then rests, as
    both at work take most memory, while OpenVINO is loaded, checked on images of this run and timed: it takes over if it is
    faster. A graph that was converted elsewhere between two runs is handed over by `take`.

    Two runs that the same engine did, batch for batch, give the same bits. The engines themselves agree to a relative
    difference of at most `openvino_engine.MAX_DISAGREEMENT`, usually 1e-6.

    Args:
        model: From preprocessed images to features.

    Attributes:
        notes: What happened since `begin`, in plain sentences.
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
        self._converting: Conversion | None = None
        self._spent = 0.0  # seconds of TensorFlow in runs
        self._n_batches = 0  # of TensorFlow in runs
        self._pace = float("inf")  # TensorFlow's best seconds an image, without the first batch, which is traced
        self._paces: list[float] = []  # the same, with nothing else at work
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        self._known: tuple[np.ndarray, np.ndarray] | None = None  # a few images of a run, and what TensorFlow gave
        self._ready: OpenVinoEngine | None = None  # takes over when the next run begins

    @property
    def title(self) -> str:
        """What computes now, and in which precision."""
        return self._current.title

    def begin(self) -> None:
        """Begin a run: take the graph that is on disk, if there is one."""
        self.notes = [self._refusal] if self._refusal else []
        self._is_running = True
        ready, self._ready = self._ready, None
        if ready is not None:
            self._replace(ready)
        if self._is_settled:
            return
        if self._converting is not None:
            self._take_over(self._converting)
            return
        if not self._may_convert():
            self._is_settled = True
        elif not graph_cache.is_empty():
            self._look_up()

    @property
    def wants_graph(self) -> bool:
        """Whether TensorFlow ran this network so far, for want of a graph that nothing speaks against."""
        return self._known is not None and self._ready is None and not self._is_settled and self._converting is None

    def take(self, graph: Graph) -> None:
        """Make a graph ready that was converted meanwhile, on any thread: it is used from the next run on.

        It is checked on images of the last run, and refused where it does not agree with TensorFlow.

        Args:
            graph: Gives the features.
        """
        known = self._known
        if known is None:
            return
        try:
            engine = OpenVinoEngine(graph)
            openvino_engine.check(engine, *known)
        except EngineError as error:
            self._refuse(str(error))
        else:
            self._ready, self._known = engine, None

    def plan(self, seconds_left: float) -> None:
        """Begin a conversion where it pays.

        Args:
            seconds_left: How long the rest of the run will take at the speed that was measured so far.
        """
        if self._is_settled or self._converting is not None or self._last is None:
            return
        fixed, a_layer = _SECONDS_TO_CONVERT
        cost = fixed + a_layer * len(self._model.layers)
        if seconds_left < PAYS_FROM * cost and self._spent < cost:
            return
        self._key = self._key or graph_cache.graph_key(self._model)
        if self._key is None:
            self._refuse("its configuration cannot be serialized")
            return
        batch, expected = (part[:N_PROBES] for part in self._last)
        self._converting = Conversion(self._key, self._tensorflow, batch, expected)

    def conclude(self) -> None:
        """Nothing to measure: features in float32 are what others are compared with."""

    def end(self) -> None:
        """End a run. A conversion that is still going on is finished for the next one."""
        if self._last is not None and not self._is_settled and self._converting is None:
            self._known = self._last[0][:N_PROBES].copy(), self._last[1][:N_PROBES].copy()
        self._last, self._is_running = None, False
        if self._converting is not None and not self._is_settled:
            self._converting.go_on()
            self.notes.append(
                "OpenVINO was still being prepared when the last image was processed; the next run can use it."
            )

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model. See `Engine`."""
        if self._is_running and self._converting is not None and self._is_time_to_try(self._converting):
            self._try(self._converting)
        if self._current is not self._tensorflow:
            return self._guarded(batch)
        started = time.perf_counter()
        values = self._tensorflow(batch)
        if self._is_running and not self._is_settled:
            seconds = time.perf_counter() - started
            self._spent += seconds
            self._n_batches += 1
            if self._n_batches > 1:
                self._pace = min(self._pace, seconds / len(batch))
            if self._converting is not None and self._converting.is_converted:
                self._paces.append(seconds / len(batch))
            self._last = batch, values
        return values

    def _is_time_to_try(self, conversion: Conversion) -> bool:
        has_failed = conversion.is_done and conversion.engine is None
        return has_failed or (conversion.is_converted and len(self._paces) >= N_TRIALS)

    def _may_convert(self) -> bool:
        return openvino_engine.is_available() and self._n_parameters <= MAX_PARAMETERS and find_gpu() is None

    @functools.cached_property
    def _n_parameters(self) -> int:
        return int(self._model.count_params())

    def _look_up(self) -> None:
        self._key = self._key or graph_cache.graph_key(self._model)  # which reads all weights: as long as 16 images
        facts = graph_cache.read_facts(self._key) if self._key else {}
        if "failure" in facts:
            self._refuse(str(facts["failure"]))
        elif facts.get("ratio", MIN_GAIN) < MIN_GAIN:
            self._is_settled = True
        elif self._key and (graph := graph_cache.load(self._key)) is not None:
            with contextlib.suppress(EngineError):  # made again when that pays
                self._current = OpenVinoEngine(graph)
                self._is_settled = True

    def _try(self, conversion: Conversion) -> None:
        """Load and check the candidate, time it on the images of the check, and take it if it is faster than TensorFlow was."""
        self._last = None
        conversion.go_on()
        conversion.wait()
        if conversion.engine is None or conversion.pace is None:
            self._refuse(conversion.failure)
            return
        ratio = min(self._paces) / conversion.pace
        if not self._judge(conversion, ratio):
            self.notes.append("OpenVINO was tried on a few images and is no faster here, so TensorFlow continued.")
            return
        self._replace(conversion.engine)
        self.notes.append(
            f"TensorFlow began. OpenVINO, prepared meanwhile in {conversion.seconds:.0f} s and measured {ratio:.2g} "
            "times as fast, took over and recomputed the first images, so that all rows of this run come from one "
            "engine."
        )

    def _take_over(self, conversion: Conversion) -> None:
        """Begin a run with what was prepared since the last one."""
        engine, pace = conversion.engine, conversion.pace
        if engine is None or pace is None or self._pace == float("inf"):
            return
        if self._judge(conversion, self._pace / pace):
            self._replace(engine)

    def _judge(self, conversion: Conversion, ratio: float) -> bool:
        """Keep how many times as fast a candidate is, and say whether that is enough."""
        graph_cache.write_facts(conversion.key, {"ratio": ratio})
        self._is_settled, self._converting, self._known = True, None, None
        return ratio >= MIN_GAIN

    def _replace(self, engine: OpenVinoEngine) -> None:
        self._current, self._is_settled, self._known = engine, True, None
        self._tensorflow.forget()
        hand_back()

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
        self._is_settled, self._converting, self._last, self._known = True, None, None, None
        self._refusal = f"TensorFlow ran this network. OpenVINO, which is often faster, was not used: {reason}."
        self.notes.append(self._refusal)


class OneEngine:
    """Stands in for `Engines` where an extractor brings none: there is nothing to choose."""

    title = "TensorFlow, float32"
    notes: Sequence[str] = ()

    def begin(self) -> None:
        """Begin a run."""

    def plan(self, seconds_left: float) -> None:
        """Nothing to plan."""

    def conclude(self) -> None:
        """Nothing to measure."""

    def end(self) -> None:
        """End a run."""
