"""`python -m featx_core.tasks.converting SPEC WORKSPACE`: converts one network and keeps it, behind all other processes.

It may be ended at any time: files are kept whole or not at all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.other_process import stand_behind
from featx_core.heatmaps.keeping import can_be_kept, facts_of, model_to_convert
from featx_core.methods.registry import build
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.engines.choice import MAX_PARAMETERS, MIN_GAIN, N_PROBES
from featx_core.networks.engines.conversion import N_TRIALS
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.openvino_engine import EngineError, OpenVinoEngine
from featx_core.networks.kept import record
from featx_core.specs.registry import spec_from_json
from featx_core.workspace.workspace import Workspace

N_TIMED = 4  # images: MobileNetV2 is found 1.46 times as fast with four, 1.47 with eight, in half the time

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec


def main(spec_text: str, workspace_path: str) -> None:
    """Convert the network of a spec and keep it, where that pays."""
    stand_behind()
    spec = spec_from_json(spec_text)
    workspace = Workspace.open(workspace_path, check=False) if Path(workspace_path).is_file() else None
    try:
        convert_and_keep(spec, workspace)
    finally:
        if workspace is not None:
            workspace.close()


def convert_and_keep(spec: Spec, workspace: Workspace | None) -> bool:
    """Convert the network of a spec, check it against TensorFlow, and keep it where it is faster.

    Args:
        spec: Any way to extract features.
        workspace: Where weights that the user brought are kept, and images to check with; None: noise takes their place.

    Returns:
        Whether it is kept.
    """
    return keep_converted(build(spec, workspace), workspace)


def keep_converted(extractor: Extractor, workspace: Workspace | None) -> bool:
    """Do as `convert_and_keep` does, with an extractor that stands."""
    if not can_be_kept(extractor) or extractor.model.count_params() > MAX_PARAMETERS:
        return False
    key = graph_cache.graph_key(extractor.model)
    if key is None or "failure" in graph_cache.read_facts(key):
        return False
    facts = facts_of(extractor)
    batch = extractor.preprocess(_images(extractor, workspace))
    tensorflow = TensorFlowEngine(model_to_convert(extractor, facts))
    try:
        graph = openvino_engine.convert(tensorflow.graph())
        engine = OpenVinoEngine(graph)
        features, *maps = _outputs(tensorflow, batch)  # in one trace, which takes longer than all else here
        openvino_engine.check(engine, batch, features)
        for last_map in maps:
            openvino_engine.check(OpenVinoEngine(graph, output=1), batch, last_map)
    except EngineError as error:
        graph_cache.write_facts(key, {"failure": str(error)})
        return False
    few = batch[:N_TIMED]
    ratio = _ratio(lambda: _outputs(tensorflow, few), lambda: engine(few))
    graph_cache.write_facts(key, {"ratio": ratio})
    if ratio >= MIN_GAIN:
        record.keep(extractor.spec, facts, key, graph)
    return ratio >= MIN_GAIN


def _outputs(tensorflow: TensorFlowEngine, batch: np.ndarray) -> list[np.ndarray]:
    """Give the features, and after them the last map where there is one."""
    import tensorflow as tf

    found = tensorflow.graph()(tf.constant(batch))
    return [values.numpy() for values in tf.nest.flatten(found)]


def _images(extractor: Extractor, workspace: Workspace | None) -> np.ndarray:
    """Return a few images as the network receives them: uint8 `(n_images, height, width, 3)`."""
    records = list(workspace.images())[:N_PROBES] if workspace is not None else []
    if records:
        return np.stack([each.fitted(extractor.image_size, extractor.fit) for each in records])
    shape = (N_PROBES, *extractor.image_size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _ratio(tensorflow: Callable[[], object], openvino: Callable[[], object]) -> float:
    """Say how many times as fast the one runs as the other, timed in turns. Both have run before."""
    paces = [(_seconds(tensorflow), _seconds(openvino)) for _ in range(N_TRIALS)]
    return min(pace[0] for pace in paces) / min(pace[1] for pace in paces)


def _seconds(run: Callable[[], object]) -> float:
    """Time one run by the processor: behind all other processes, the clock tells of these."""
    started = time.process_time()
    run()
    return time.process_time() - started


if __name__ == "__main__":
    main(*sys.argv[1:])
