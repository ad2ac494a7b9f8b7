"""Extractors that run from what is kept, and are built by Keras only where something else is asked of them."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.networks.engines.openvino_engine import OpenVinoEngine
from featx_core.networks.extractor import Extractor
from featx_core.networks.kept import record

if TYPE_CHECKING:
    from featx_core.networks.engines.choice import Engines
    from featx_core.networks.engines.fast import FastEngines
    from featx_core.networks.kept.record import KeptNetwork
    from featx_core.specs.spec import Spec

_LOG = logging.getLogger(__name__)


class KeptEngines:
    """The engine of a kept network. Used as `featx_core.networks.engines.choice.Engines` is.

    Args:
        engine: Gives the features.
        rebuild: Gives what runs the network where the engine fails for another reason than memory; None where nothing else
            can run it.
    """

    def __init__(
        self, engine: OpenVinoEngine, rebuild: Callable[[], Engines | FastEngines | KeptEngines] | None = None
    ) -> None:
        self._current: OpenVinoEngine | Engines | FastEngines | KeptEngines = engine
        self._rebuild = rebuild

    @property
    def title(self) -> str:
        """What computes now, and in which precision."""
        return self._current.title

    @property
    def notes(self) -> Sequence[str]:
        """What happened, in plain sentences."""
        return getattr(self._current, "notes", ())

    def begin(self) -> None:
        """Begin a run."""

    def plan(self, seconds_left: float) -> None:
        """Nothing to plan: the graph is there."""

    def conclude(self) -> None:
        """Nothing to measure: features in float32 are what others are compared with."""

    def end(self) -> None:
        """End a run."""

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the network. See `featx_core.networks.engines.engine.Engine`."""
        try:
            return self._current(batch)
        except RuntimeError as error:
            if self._rebuild is None or not isinstance(self._current, OpenVinoEngine):
                raise
            _LOG.warning("A kept network failed on a batch of %s.", batch.shape, exc_info=error)
            self._current = self._rebuild()
            return self._current(batch)


class KeptExtractor(Extractor):
    """An extractor whose features and last map come from a kept network, without TensorFlow being imported.

    `network` and `model` are built by Keras the first time that they are asked for, which takes seconds.

    Args:
        spec: What it was built from.
        kept: The network.
        classes: Names of the values of the last layer, if it is a classifier.

    Attributes:
        build_by: Builds the extractor by Keras. Set it before something is asked that needs it.

    Raises:
        EngineError: If the graph cannot be made ready here.
    """

    build_by: Callable[[], Extractor]

    def __init__(self, spec: Spec, kept: KeptNetwork, classes: tuple[str, ...] | None) -> None:
        facts, pixels = kept.facts, spec.picture_input
        if pixels is None:
            raise ValueError("`spec` must take images. Received one that takes rows of numbers.")
        self.spec, self.notes, self.classes = spec, facts.notes, classes
        self.engines = KeptEngines(OpenVinoEngine(kept.graph), self._rebuilt_engines)  # type: ignore[assignment]
        self.tap, self.layers, self.batch_size = facts.tap, facts.layers, facts.batch_size
        self.n_parameters = self.layers[self.tap].n_parameters_so_far
        self.image_size, self.fit, self.preprocessing = pixels.image_size, pixels.fit, pixels.preprocessing
        self.output_shape = (None, *facts.feature_shape)
        self.last_map = facts.last_map
        self._graph = kept.graph

    @property
    def map_engine(self) -> OpenVinoEngine | None:
        """What gives the last map, where there is one."""
        return None if self.last_map is None else self._map_engine

    @functools.cached_property
    def _map_engine(self) -> OpenVinoEngine:
        return OpenVinoEngine(self._graph, output=1)

    @functools.cached_property
    def _whole(self) -> Extractor:
        return self.build_by()

    def __getattr__(self, name: str) -> Any:
        if name in ("network", "model"):
            return getattr(self._whole, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _rebuilt_engines(self) -> Engines | FastEngines | KeptEngines:
        record.forget(self.spec)
        return self._whole.engines
