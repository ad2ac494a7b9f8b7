"""Kept networks on disk: the converted graph of a spec, and all that is asked of an extractor besides running it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx_core.architecture.layers import LayerInfo
from featx_core.base.files.digests import digest_of
from featx_core.base.files.folders import data_folder
from featx_core.base.files.whole_file import write_whole
from featx_core.images.fitting import Cells
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.last_map import LastMap

if TYPE_CHECKING:
    from featx_core.networks.engines.openvino_engine import Graph
    from featx_core.specs.spec import Spec

RECORD_VERSION = 1
"""Raised whenever featx builds networks, or describes them here, in another way."""

_SUFFIX = ".network"


@dataclass(frozen=True)
class NetworkFacts:
    """What is known of an extractor without its network.

    Attributes:
        layers: All of them.
        tap: Index of the layer that the features come from.
        map_shape: What that layer gives for one image.
        feature_shape: The features of one image.
        batch_size: Images per forward pass.
        notes: What people should know of the weights.
        last_map: Where heatmaps are drawn from; None where no layer has height and width.
    """

    layers: tuple[LayerInfo, ...]
    tap: int
    map_shape: tuple[int, ...]
    feature_shape: tuple[int, ...]
    batch_size: int
    notes: tuple[str, ...]
    last_map: LastMap | None

    def to_json(self) -> dict[str, Any]:
        """Write them as JSON values."""
        rows = [dataclasses.astuple(info) for info in self.layers]
        own = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        cells = self.last_map and [self.last_map.index, *self.last_map.cells.first, *self.last_map.cells.step]
        return {**own, "layers": rows, "last_map": cells and [*cells, self.last_map and self.last_map.is_averaged]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> NetworkFacts:
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: If it is something else.
        """
        layers = tuple(LayerInfo(i, n, k, tuple(shape), *rest) for i, n, k, shape, *rest in values["layers"])
        shapes = {name: tuple(values[name]) for name in ("map_shape", "feature_shape", "notes")}
        last_map = None
        if values["last_map"] is not None:
            index, down, across, step_down, step_across, is_averaged = values["last_map"]
            last_map = LastMap(index, Cells((down, across), (step_down, step_across)), is_averaged)
        return cls(**{**values, **shapes, "layers": layers, "last_map": last_map})


@dataclass(frozen=True, eq=False)
class KeptNetwork:
    """A network that runs without Keras.

    Attributes:
        facts: What is known of it.
        graph: Gives the features, and after them the last map where there is one.
    """

    facts: NetworkFacts
    graph: Graph


def may_be_kept(spec: Spec) -> bool:
    """Whether a network of this spec would be run from what is kept: of images, on the processor, by OpenVINO."""
    return spec.takes_images and openvino_engine.is_available() and not _may_have_gpu()


def find_facts(spec: Spec) -> NetworkFacts | None:
    """Read what is known of a kept network; None where nothing is kept, or it is damaged."""
    found = _read(spec)
    return None if found is None else found[0]


def find(spec: Spec) -> KeptNetwork | None:
    """Read a kept network; None where there is none, or it is damaged."""
    found = _read(spec)
    if found is None:
        return None
    facts, graph_key = found
    graph = graph_cache.load(graph_key)
    if graph is None:  # it was removed to make room
        forget(spec)
        return None
    return KeptNetwork(facts, graph)


def is_kept(spec: Spec) -> bool:
    """Whether a network is kept, its graph included. Reads neither."""
    found = _read(spec)
    return found is not None and graph_cache.has(found[1])


def keep(spec: Spec, facts: NetworkFacts, graph_key: str, graph: Graph) -> None:
    """Keep a network. A full disk keeps nothing."""
    graph_cache.keep(graph_key, graph)
    content = {"facts": facts.to_json(), "graph": graph_key}
    with contextlib.suppress(OSError):
        write_whole(_path(spec), json.dumps(content).encode())


def forget(spec: Spec) -> None:
    """Remove what is known of a kept network, so that it is built by Keras again."""
    with contextlib.suppress(OSError):
        _path(spec).unlink()


def _read(spec: Spec) -> tuple[NetworkFacts, str] | None:
    if not may_be_kept(spec):
        return None
    try:
        content = json.loads(_path(spec).read_bytes())
        return NetworkFacts.from_json(content["facts"]), str(content["graph"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        forget(spec)
        return None


def _path(spec: Spec) -> Path:
    return data_folder("graphs") / f"{digest_of(spec.digest, *_versions())}{_SUFFIX}"


@functools.cache
def _versions() -> tuple[str, ...]:
    names = ("keras", "tensorflow", "openvino")
    return (*(importlib.metadata.version(name) for name in names), str(graph_cache.GRAPH_VERSION), str(RECORD_VERSION))


def _may_have_gpu() -> bool:
    """Whether TensorFlow might see a GPU: told by the driver's device, without importing TensorFlow."""
    return any(Path(place).exists() for place in ("/dev/nvidiactl", "/dev/kfd"))
