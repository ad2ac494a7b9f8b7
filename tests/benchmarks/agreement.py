"""Whether both engines agree, on every backbone at its own input size, with random weights that are conditioned."""

import multiprocessing
import statistics
from typing import NamedTuple

import numpy as np

import featx_core as fx
from featx_core import openvino_engine
from featx_core.conditioning import made_up_images
from featx_core.engine import TensorFlowEngine
from featx_core.engine_choice import MAXIMUM_PARAMETERS
from featx_core.fast_engine import USUAL_COSINE, measure, why_not_bfloat16
from featx_core.openvino_engine import MAXIMUM_DISAGREEMENT
from tests.benchmarks.measuring import Outcome

N_IMAGES = 4
BACKBONES_A_PROCESS = 4  # more would not fit into memory


class Agreement(NamedTuple):
    """How far OpenVINO's features are from TensorFlow's: the largest relative difference, and the cosine in bfloat16."""

    backbone: str
    relative: float
    cosine: float | None
    is_converted_by_featx: bool


def agreement(*, quick: bool) -> list[Outcome]:
    """Convert all backbones, and compare both engines on the same images."""
    backbones = list(fx.BACKBONES)[:: 13 if quick else 1]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=BACKBONES_A_PROCESS) as pool:
        found = pool.map(_compare, backbones, chunksize=1)
    n_good = sum(each.relative <= MAXIMUM_DISAGREEMENT for each in found)
    worst = max(found, key=lambda each: each.relative)
    large = [each.backbone for each in found if not each.is_converted_by_featx]
    outcomes = [
        Outcome(
            f"backbones on which OpenVINO differs by at most {MAXIMUM_DISAGREEMENT:g}; random weights, own input size",
            f"{n_good} of {len(found)}; median {statistics.median(each.relative for each in found):.1g}, "
            f"{worst.backbone} {worst.relative:.1g}",
            "all",
            n_good == len(found),
        ),
        Outcome("of these TensorFlow runs alone in featx, for their size", ", ".join(large) or "none"),
    ]
    cosines = sorted((each.cosine, each.backbone) for each in found if each.cosine is not None)
    if cosines:
        n_near = sum(cosine >= USUAL_COSINE for cosine, _ in cosines)
        lowest = ", ".join(f"{backbone} {cosine:.4f}" for cosine, backbone in cosines[:5])
        outcomes.append(
            Outcome(
                f"backbones whose cosine between bfloat16 and float32 is at least {USUAL_COSINE}; random weights",
                f"{n_near} of {len(cosines)}; lowest: {lowest}",
                "all",
                n_near == len(cosines),
            )
        )
    return outcomes


def _compare(backbone: str) -> Agreement:
    extractor = fx.build(fx.Pretrained(backbone, weights="random"))
    batch = extractor.preprocess(made_up_images(np.random.default_rng(99), N_IMAGES, extractor.image_size))
    tensorflow = TensorFlowEngine(extractor.model)
    expected = tensorflow(batch)
    graph = openvino_engine.convert(tensorflow.graph())
    relative = openvino_engine.disagreement(openvino_engine.OpenVinoEngine(graph)(batch), expected)
    fast = None if why_not_bfloat16() else openvino_engine.OpenVinoEngine(graph, "bfloat16")(batch)
    cosine = None if fast is None else measure(fast, expected).cosine
    return Agreement(backbone, relative, cosine, extractor.model.count_params() <= MAXIMUM_PARAMETERS)
