"""OpenVINO as an engine: converts a traced TensorFlow graph, runs it and verifies it against TensorFlow."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.processor import threads
from featx_core.networks.engines.compat import graph_iterator, variables_by_name

if TYPE_CHECKING:
    import tensorflow as tf

MAX_DISAGREEMENT = 1e-4
"""Largest difference to TensorFlow, relative to the largest value of a batch, with which a converted graph is used. On all
backbones, with well-conditioned weights, it is below 1e-5 at their own input size."""

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
"""Not its own choice of precision, which may be bfloat16 unasked."""

IMAGES_AT_ONCE = max(4, 2 * (os.cpu_count() or 1))
"""A longer batch runs in parts. On two cores four images at once are as fast as eight for six backbones (VGG16, MobileNetV2 to
ConvNeXtTiny), and ResNet50 takes 0.03 GB less memory so, and 0.2 GB less than with 32."""

MAX_STREAMS = 2
"""Parts of a batch that run side by side, each on its share of the threads. Threads that share one part wait for each other
after each layer, and for other processes on their cores. Against one stream, on two busy cores, for MobileNetV2 and ResNet50:
0.8 and 0.85 of the time, 0.85 and 0.91 of the processor's, as much memory, and the same bits."""

_NO_MEMORY = ("alloc", "out of memory", "not enough memory")


class EngineError(Exception):
    """An engine that cannot be used for a model, and why, in words that can follow "because"."""


@dataclass(frozen=True)
class Graph:
    """A converted graph.

    Attributes:
        xml: OpenVINO's description of the network.
        weights: uint8, one dimension: all its constants.
    """

    xml: bytes
    weights: np.ndarray


def is_available() -> bool:
    """Whether OpenVINO is installed. Does not import it."""
    return sys.modules.get("openvino", True) is not None and importlib.util.find_spec("openvino") is not None


def version() -> str:
    """Return OpenVINO's version."""
    return importlib.metadata.version("openvino")


@functools.cache
def load_openvino() -> Any:
    """Import OpenVINO, silenced: by itself it tells its makers of each import and conversion, over the network and unasked."""
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # to Python: cannot be imported
    import openvino

    return openvino


def convert(function: tf.types.experimental.ConcreteFunction) -> Graph:
    """Convert a traced graph. Takes seconds, and memory for two more copies of the weights.

    Args:
        function: As `TensorFlowEngine.graph` gives it.

    Raises:
        EngineError: If OpenVINO does not know a part of it.
    """
    openvino = load_openvino()
    from openvino.frontend import FrontEndManager

    try:
        front_end = FrontEndManager().load_by_framework("tf")
        with variables_by_name(function.graph):
            nodes = graph_iterator(function.graph)  # must live until all is converted
            network = front_end.convert(front_end.load(nodes, True))
        with tempfile.TemporaryDirectory(prefix="featx-graph") as folder:
            path = Path(folder) / "graph.xml"
            openvino.serialize(network, path, path.with_suffix(".bin"))
            del network, nodes, front_end  # their copies of the weights go before the next one is made
            return Graph(path.read_bytes(), np.fromfile(path.with_suffix(".bin"), np.uint8))
    except (MemoryError, OSError):
        raise
    except Exception as error:  # its converter raises whatever its parts raise
        raise EngineError("it could not be converted") from error


class OpenVinoEngine:
    """A converted graph on the processor.

    The rows that it gives are the same bit for bit whenever the same batch runs again.

    Args:
        graph: As `convert` gave it.
        precision: "float32", or "bfloat16" where the processor has it.
        output: Which of its outputs is computed, where it has several. The first are the features.

    Attributes:
        title: What computes, and in which precision.
        graph: As it was given.

    Raises:
        EngineError: If it cannot be made ready here.
    """

    def __init__(self, graph: Graph, precision: str = "float32", *, output: int = 0) -> None:
        self._make_ready(lambda: _network_of(graph, output), precision)
        self.graph = graph  # the compiled network points into its weights

    @classmethod
    def of_network(cls, network: Any, *, at_once: int = IMAGES_AT_ONCE) -> OpenVinoEngine:
        """Make an engine of a network that OpenVINO holds already, in float32.

        Args:
            network: A model of OpenVINO from float32 images.
            at_once: How many images it takes at once, at most.

        Raises:
            EngineError: If it cannot be made ready here.
        """
        engine = cls.__new__(cls)
        engine._make_ready(lambda: network, "float32")
        engine._at_once = at_once
        return engine

    def _make_ready(self, network: Callable[[], Any], precision: str) -> None:
        self.title = f"OpenVINO, {precision}"
        self._at_once = IMAGES_AT_ONCE
        n_streams = min(MAX_STREAMS, threads() or os.cpu_count() or 1)
        try:
            compiled = _compiled(network(), precision, n_streams)
            self._requests = [compiled.create_infer_request() for _ in range(n_streams)]
        except Exception as error:
            raise EngineError("it could not be loaded") from error

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model. See `Engine`."""
        try:
            return np.concatenate(self._run(np.ascontiguousarray(batch, np.float32)))
        except RuntimeError as error:
            if any(words in str(error).lower() for words in _NO_MEMORY):
                raise MemoryError(str(error)) from error
            raise

    def _run(self, batch: np.ndarray) -> list[np.ndarray]:
        """Give the parts of a batch to the streams in turn; what they give, in order."""
        n_streams = len(self._requests)
        size = max(min(-(-self._at_once // n_streams), -(-len(batch) // n_streams)), 1)
        parts = [batch[start : start + size] for start in range(0, max(len(batch), 1), size)]
        found: list[np.ndarray] = []
        under_way: deque[Any] = deque()
        try:
            for number, part in enumerate(parts):
                if len(under_way) == n_streams:
                    found.append(_result(under_way.popleft()))
                request = self._requests[number % n_streams]
                request.start_async([part])
                under_way.append(request)
            while under_way:
                found.append(_result(under_way.popleft()))
        finally:
            for request in under_way:  # one before them failed, and these would still be at work at the next batch
                with contextlib.suppress(RuntimeError):
                    request.wait()
        return found


def _result(request: Any) -> np.ndarray:
    """Wait for a part; gives a copy, as the next part is written to the same place."""
    request.wait()
    return np.array(request.get_output_tensor(0).data)


def disagreement(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference relative to the largest expected value; infinity where that cannot be told.

    Args:
        found: What the engine in question gives.
        expected: What TensorFlow gives for the same batch.

    >>> disagreement(np.array([1.0, 2.002]), np.array([1.0, 2.0]))
    0.001
    """
    if found.shape != expected.shape or not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return float("inf")
    largest = float(np.abs(expected).max(initial=0.0))
    difference = float(np.abs(found - expected).max(initial=0.0))
    return round(difference / largest, 12) if largest else (float("inf") if difference else 0.0)


def check(engine: OpenVinoEngine, batch: np.ndarray, expected: np.ndarray) -> None:
    """Compare an engine with TensorFlow on one batch.

    Args:
        engine: The one in question.
        batch: float32, preprocessed.
        expected: What TensorFlow gives for it.

    Raises:
        EngineError: If they differ by more than `MAX_DISAGREEMENT`.
    """
    found = disagreement(engine(batch), expected)
    if not found <= MAX_DISAGREEMENT:
        raise EngineError(
            f"its values differed from TensorFlow's by {found:.1g}; at most {MAX_DISAGREEMENT:g} is allowed"
        )


@functools.cache
def core() -> Any:
    """Return what reads and compiles networks in this process."""
    return load_openvino().Core()


def _network_of(graph: Graph, output: int) -> Any:
    openvino = load_openvino()
    model = core().read_model(graph.xml, openvino.Tensor(graph.weights))
    if len(model.get_results()) > 1:
        model = openvino.Model([model.get_results()[output]], model.get_parameters())
    return model


def _compiled(network: Any, precision: str, n_streams: int) -> Any:
    threads_make_way = {"ENABLE_CPU_PINNING": False}  # for those that decode images
    hint = {"INFERENCE_PRECISION_HINT": _PRECISIONS[precision], "NUM_STREAMS": n_streams}
    n_threads = {"INFERENCE_NUM_THREADS": n} if (n := threads()) else {}
    return core().compile_model(network, "CPU", hint | threads_make_way | n_threads)
