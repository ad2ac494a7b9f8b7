"""The rows of the benchmark table, by name. Run one alone: `python -m tests.benchmarks.rows NAME`."""

import dataclasses
import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.benchmarks.measuring import Outcome


@dataclass(frozen=True)
class Row:
    """A part of the table that is measured together, in a process of its own.

    Attributes:
        module: The module of this package.
        function: Its function, called with `arguments` and `quick`, gives the outcomes.
        minutes: About how long it takes on two quiet cores.
        arguments: What sets it apart from other rows of the same function.
    """

    module: str
    function: str
    minutes: float
    arguments: tuple[str, ...] = ()


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "mobilenet_v2": Row("pipeline", "pipeline", 1.5, ("mobilenet_v2",)),
        "resnet50": Row("pipeline", "pipeline", 2.0, ("resnet50",)),
        "densenet121": Row("pipeline", "pipeline", 2.0, ("densenet121",)),
        "efficientnet_v2b0": Row("pipeline", "pipeline", 1.5, ("efficientnet_v2b0",)),
        "convnext_tiny": Row("pipeline", "pipeline", 4.0, ("convnext_tiny",)),
        "efficientnet_lite0": Row("pipeline", "pipeline", 1.5, ("efficientnet_lite0",)),
        "efficientnet_lite1": Row("pipeline", "pipeline", 2.0, ("efficientnet_lite1",)),
        "efficientnet_lite2": Row("pipeline", "pipeline", 2.0, ("efficientnet_lite2",)),
        "embedded": Row("pipeline", "pipeline", 1.5, ("embedded_v1",)),
        "again": Row("pipeline", "again", 1.0),
        "decoding": Row("decoding", "decoding", 0.5),
        "kept_inputs": Row("kept_inputs", "kept_inputs", 1.5),
        "fast": Row("precision", "precision", 1.0),
        "agreement": Row("agreement", "agreement", 25.0),
        "tsne": Row("maps", "tsne", 3.0),
        "tsne_100k": Row("scale.maps", "tsne_100k", 6.0),
        "small_sets": Row("scale.small_sets", "small_sets", 5.0),
        "compare_10k": Row("scale.comparison", "compare_10k", 2.0),
        "map_page": Row("maps", "map_page", 1.0),
        "canvas_10k": Row("canvas", "canvas", 2.0, ("10000",)),
        "canvas_100k": Row("canvas", "canvas", 4.0, ("100000",)),
        "first_result": Row("first_result", "first_result", 1.0),
        "first_images": Row("app", "first_images", 1.0),
        "visitors": Row("app", "visitors", 2.0, ("20", "10")),
        "visitors_40": Row("app", "visitors", 3.0, ("40", "20")),
        "busy_20": Row("app", "busy_visitors", 4.0, ("20",)),
        "busy_40": Row("app", "busy_visitors", 6.0, ("40",)),
        "soak": Row("soak", "soak", 10.0),
        "memory": Row("memory", "memory", 3.0),
        "keras_hub": Row("hub.presets", "presets", 5.0),
        "torch": Row("torch_peer", "torch_peer", 1.0),
    }
)


def measure(name: str, *, quick: bool) -> list[Outcome]:
    """Measure a row in this process."""
    row = ROWS[name]
    function = getattr(importlib.import_module(f"tests.benchmarks.{row.module}"), row.function)
    return function(*row.arguments, quick=quick)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    found = measure(sys.argv[1], quick="--quick" in sys.argv)
    print(json.dumps([dataclasses.asdict(outcome) for outcome in found]))
