"""The fast engine: bfloat16 by OpenVINO or on a GPU, with the measured difference from float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from featx_core.base.processor import has_bfloat16
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.engines.choice import MAX_PARAMETERS, N_PROBES, Engines
from featx_core.networks.engines.conversion import prepare
from featx_core.networks.engines.engine import Engine, TensorFlowEngine
from featx_core.networks.engines.gpu import find_gpu
from featx_core.networks.engines.kept_neighbors import KeptNeighbors, Sample
from featx_core.networks.engines.openvino_engine import EngineError, OpenVinoEngine

if TYPE_CHECKING:
    import keras

FLOAT32, BFLOAT16 = "float32", "bfloat16"

USUAL_COSINE = 0.9995
"""To features in float32, of the same image: what networks with trained weights are expected to reach. Random weights magnify
rounding, the more the smaller the input. MobileNet at 64 x 64 pixels reaches 0.965, and 0.971 in float32 with weights and input
that have no more digits than bfloat16 has."""

MIN_COSINE = 0.9
"""Below it, features in bfloat16 are not given."""


class PrecisionError(Exception):
    """A precision in which features cannot be computed here, and what to choose instead, in plain words."""


class Difference(NamedTuple):
    """How far features are from those in float32.

    Attributes:
        cosine: Of the angle between the two, the lowest over the images.
        relative: The largest difference of two numbers, relative to the largest number in float32.
        n_images: On how many images that was measured.
    """

    cosine: float
    relative: float
    n_images: int

    def __str__(self) -> str:
        unusual = "" if self.cosine >= USUAL_COSINE else " That is more than usual: float32 is safer here."
        return (
            f"Computed in bfloat16. Against float32, on {self.n_images} of these images: cosine at least "
            f"{_rounded_down(self.cosine)}, largest difference {100 * self.relative:.2g} % of the largest value.{unusual}"
        )


def why_not_bfloat16() -> str:
    """Say why features cannot be computed in bfloat16 here, in words that can follow "because"; "" where they can.

    Takes no time, and imports neither TensorFlow nor OpenVINO: what a GPU can do, the process that owns it knows.
    """
    if not has_bfloat16():
        return "the processor has no instructions for it (AVX512-BF16 or AMX)"
    return "" if openvino_engine.is_available() else "OpenVINO is not installed"


def engines_for(model: keras.Model, precision: str) -> Engines | FastEngines:
    """Return what runs a model in a precision.

    Args:
        model: From preprocessed images to features.
        precision: "float32" or "bfloat16".

    Raises:
        PrecisionError: If this machine cannot compute in it.
    """
    return FastEngines(model) if precision == BFLOAT16 else Engines(model)


class FastEngines:
    """OpenVINO in bfloat16, or TensorFlow in mixed precision on a GPU, from the first batch on. Used as `Engines` is.

    The first batch waits for OpenVINO's graph: half a second from disk, 2 to 20 s for a conversion, as nothing else computes in
    bfloat16. What it does to the features is measured on the first images.

    Args:
        model: From preprocessed images to features.

    Attributes:
        title: What computes, and in which precision.
        difference: How far features are from those in float32, measured on the first images.
        kept: How many neighbours are those of float32, measured after a run.
        notes: What it does to the features, in plain sentences; empty until the first batch.

    Raises:
        PrecisionError: If this machine has no bfloat16.
    """

    def __init__(self, model: keras.Model) -> None:
        gpu = find_gpu()
        self._is_on_gpu = gpu is not None and gpu.has_bfloat16
        reason = "" if self._is_on_gpu else why_not_bfloat16()
        if reason:
            raise PrecisionError(f"Fast (bfloat16) is not available on this machine, because {reason}. Choose float32.")
        self.title = f"TensorFlow on the GPU, {BFLOAT16}" if self._is_on_gpu else f"OpenVINO, {BFLOAT16}"
        self.difference: Difference | None = None
        self.kept: KeptNeighbors | None = None
        self._sample: Sample | None = None  # while a run goes on
        self._model = model
        self._engine: Engine | None = None

    @property
    def notes(self) -> Sequence[str]:
        """What happened, in plain sentences."""
        return tuple(str(found) for found in (self.difference, self.kept) if found is not None)

    def begin(self) -> None:
        """Begin a run."""
        self._sample, self.kept = Sample(), None

    def plan(self, seconds_left: float) -> None:
        """Nothing to plan: there is one engine."""

    def conclude(self) -> None:
        """Measure on some images of a run that was not stopped how many of their nearest neighbours stay the same."""
        if self._sample is None or self._engine is None:
            return
        exact: Engine
        if isinstance(self._engine, OpenVinoEngine):
            exact = OpenVinoEngine(self._engine.graph)
        else:
            exact = TensorFlowEngine(self._model)
        self.kept = self._sample.compare(exact)

    def end(self) -> None:
        """End a run."""
        self._sample = None

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model. See `featx_core.networks.engines.engine.Engine`.

        Raises:
            PrecisionError: If the network cannot be converted, or its features would differ too much.
        """
        if self._engine is None:
            self._engine = self._prepared(batch[:N_PROBES])
        values = self._engine(batch)
        if self._sample is not None:
            self._sample.add(batch, values)
        return values

    def _prepared(self, batch: np.ndarray) -> Engine:
        """Make the engine ready, and measure what bfloat16 does to the features."""
        engine: Engine
        try:
            if self._is_on_gpu:
                engine, expected = TensorFlowEngine(self._model, BFLOAT16), TensorFlowEngine(self._model)(batch)
            else:
                graph, expected = _checked_graph(self._model, batch)
                engine = OpenVinoEngine(graph, BFLOAT16)
        except EngineError as error:
            raise PrecisionError(f"This network cannot run in bfloat16, because {error}. Choose float32.") from error
        found = measure(engine(batch), expected)
        if not found.cosine >= MIN_COSINE:
            raise PrecisionError(
                "bfloat16 would change the features of these images too much: their cosine to those in float32 is "
                f"{_rounded_down(found.cosine)}, and at least {MIN_COSINE} is required. Choose float32."
            )
        self.difference = found
        return engine


def measure(found: np.ndarray, expected: np.ndarray) -> Difference:
    """Compare features with those in float32.

    Args:
        found: `(n_images, *feature_shape)`.
        expected: The same in float32.

    >>> measure(np.array([[3.0, 4.0]]), np.array([[4.0, 3.0]]))
    Difference(cosine=0.96, relative=0.25, n_images=1)
    """
    first, second = (values.reshape(len(values), -1).astype(np.float64) for values in (found, expected))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    products = np.einsum("ij,ij->i", first, second)
    are_equal = (first == second).all(axis=1)  # also where both are zero
    cosines = np.where(are_equal, 1.0, products / np.where(lengths > 0, lengths, np.inf))
    lowest = float(cosines.min()) if np.isfinite(first).all() and np.isfinite(second).all() else float("nan")
    return Difference(lowest, openvino_engine.disagreement(first, second), len(found))


def _checked_graph(model: keras.Model, batch: np.ndarray) -> tuple[openvino_engine.Graph, np.ndarray]:
    """Return the graph of a model, and what it gives for a batch in float32."""
    if model.count_params() > MAX_PARAMETERS:
        millions = f"{model.count_params() / 1e6:.0f} million parameters"
        raise EngineError(f"it has {millions}, and up to {MAX_PARAMETERS / 1e6:.0f} million can be converted")
    key = graph_cache.graph_key(model)
    if key is None:
        raise EngineError("its configuration cannot be serialized")
    graph = graph_cache.load(key)
    if graph is not None:
        return graph, OpenVinoEngine(graph)(batch)
    tensorflow = TensorFlowEngine(model)
    expected = tensorflow(batch)
    return prepare(key, tensorflow, batch, expected).graph, expected


def _rounded_down(cosine: float) -> str:
    return f"{np.floor(cosine * 1e5) / 1e5:.5f}"
