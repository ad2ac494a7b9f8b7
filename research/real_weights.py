"""How well OpenVINO and bfloat16 agree with TensorFlow on real weights and photographs.

    python -m research.real_weights FOLDER

Features of EfficientNet-Lite0, -Lite1 and -Lite2 with their ImageNet weights, for all images of a folder.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import featx_core as fx
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.fast import why_not_bfloat16

NETWORKS = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
BATCH = 16


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photographs")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    asked = parser.parse_args()
    workspace = fx.Workspace.open(":memory:")
    workspace.add([asked.folder])
    for name in asked.networks:
        for line in _agreement(name, workspace.images()):
            print(line, flush=True)


def _agreement(name: str, images: fx.ImageSet) -> Iterator[str]:
    extractor = fx.build(fx.Pretrained(name))
    reference = TensorFlowEngine(extractor.model)
    graph = openvino_engine.convert(reference.graph())
    engines = {"float32": openvino_engine.OpenVinoEngine(graph, "float32")}
    if not (why := why_not_bfloat16()):
        engines["bfloat16"] = openvino_engine.OpenVinoEngine(graph, "bfloat16")
    else:
        yield f"{name}: no bfloat16 here: {why}"
    rows: dict[str, list[np.ndarray]] = {kind: [] for kind in ("TensorFlow", *engines)}
    for start in range(0, len(images), BATCH):
        fitted = np.stack([extractor.fit_image(image.pixels()) for image in images[start : start + BATCH]])
        batch = extractor.preprocess(fitted)
        rows["TensorFlow"].append(np.asarray(reference(batch)))
        for kind, engine in engines.items():
            rows[kind].append(np.asarray(engine(batch)))
    exact = np.concatenate(rows.pop("TensorFlow")).reshape(len(images), -1)
    for kind, parts in rows.items():
        yield f"{name}, OpenVINO {kind}, {len(images)} images: {_words(np.concatenate(parts).reshape(exact.shape), exact)}"


def _words(found: np.ndarray, exact: np.ndarray) -> str:
    cosines = (found * exact).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(exact, axis=1)
    largest = np.abs(found - exact).max() / np.abs(exact).max()
    words = f"largest difference {largest:.2g} of the largest value"
    return f"{words}, cosine at least {cosines.min():.5f}, mean {cosines.mean():.5f}"


if __name__ == "__main__":
    main()
