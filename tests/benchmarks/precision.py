"""What bfloat16 gains, and what it changes."""

import numpy as np
from sklearn.datasets import load_sample_images

import featx_core as fx
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.fast import measure, why_not_bfloat16
from tests.benchmarks.measuring import Outcome, seconds_of, spread

BACKBONES = ("mobilenet_v2", "resnet50", "efficientnet_v2b0")
BATCH = 32


def precision(*, quick: bool) -> list[Outcome]:
    """Time both precisions on ready tensors, in turns, and compare features of photographs. Random weights magnify rounding."""
    if why_not_bfloat16():
        return [Outcome("bfloat16", f"not here: {why_not_bfloat16()}")]
    return [outcome for backbone in BACKBONES[: 1 if quick else None] for outcome in _of(backbone, 3 if quick else 7)]


def _of(backbone: str, n_repeats: int) -> list[Outcome]:
    extractor = fx.build(fx.Pretrained(backbone, weights="random"))
    photographs = np.stack([extractor.fit_image(pixels) for pixels in load_sample_images().images])
    batch = extractor.preprocess(np.tile(photographs, (BATCH // 2, 1, 1, 1)))
    graph = openvino_engine.convert(TensorFlowEngine(extractor.model).graph())
    exact, fast = (openvino_engine.OpenVinoEngine(graph, name) for name in ("float32", "bfloat16"))
    difference = measure(fast(batch), exact(batch))
    ratios = [seconds_of(lambda: exact(batch)) / seconds_of(lambda: fast(batch)) for _ in range(n_repeats)]
    title = fx.BACKBONES[backbone].title
    words = f"cosine {difference.cosine:.5f}, largest {100 * difference.relative:.2g} %"
    return [
        Outcome(f"{title}: bfloat16, times as fast as float32", spread(ratios)),
        Outcome(f"{title}: bfloat16 against float32, random weights", words),
    ]
