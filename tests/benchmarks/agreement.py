"""Whether both engines agree, on every backbone at its own input size, with random weights that are conditioned."""

import multiprocessing
import statistics
from typing import NamedTuple

import numpy as np

import featx_core as fx
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.choice import MAX_PARAMETERS
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.fast import USUAL_COSINE, measure, why_not_bfloat16
from featx_core.networks.engines.openvino_engine import MAX_DISAGREEMENT
from featx_core.networks.initialization import made_up_images
from tests.benchmarks.measuring import Outcome

N_IMAGES = 4
BACKBONES_A_PROCESS = 4  # more would not fit into memory


class Agreement(NamedTuple):
    """How far features are from TensorFlow's in float32.

    Attributes:
        backbone: Which one.
        relative: Largest relative difference of OpenVINO's.
        magnified: The same of TensorFlow's own when the last bit of each input moves: deep random networks magnify that.
        cosine: Lowest cosine of OpenVINO's in bfloat16; None where this machine has none.
        is_converted_by_featx: Whether featx converts it at all; above a size it does not.
    """

    backbone: str
    relative: float
    magnified: float
    cosine: float | None
    is_converted_by_featx: bool

    @property
    def is_good(self) -> bool:
        """Whether the engines differ by no more than what is allowed, or than a few last bits make."""
        return self.relative <= max(MAX_DISAGREEMENT, 5 * self.magnified)


def agreement(*, quick: bool) -> list[Outcome]:
    """Convert all backbones, and compare both engines on the same images."""
    backbones = list(fx.BACKBONES)[:: 13 if quick else 1]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=BACKBONES_A_PROCESS) as pool:
        found = pool.map(_compare, backbones, chunksize=1)
    n_near = sum(each.relative <= MAX_DISAGREEMENT for each in found)
    n_good = sum(each.is_good for each in found)
    others = [
        f"{each.backbone} {each.relative:.1g} (a last bit: {each.magnified:.1g})"
        for each in found
        if each.relative > MAX_DISAGREEMENT
    ]
    large = [each.backbone for each in found if not each.is_converted_by_featx]
    outcomes = [
        Outcome(
            f"backbones on which OpenVINO differs by at most {MAX_DISAGREEMENT:g}, or five times what a last bit of input "
            "makes; random weights, own input size",
            f"{n_good} of {len(found)}, {n_near} of them by at most {MAX_DISAGREEMENT:g}; "
            f"median {statistics.median(each.relative for each in found):.1g}; {', '.join(others)}",
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
    magnified = openvino_engine.disagreement(tensorflow(np.nextafter(batch, np.float32(np.inf))), expected)
    fast = None if why_not_bfloat16() else openvino_engine.OpenVinoEngine(graph, "bfloat16")(batch)
    cosine = None if fast is None else measure(fast, expected).cosine
    return Agreement(backbone, relative, magnified, cosine, extractor.model.count_params() <= MAX_PARAMETERS)
