"""Heatmaps of real weights on boxes drawn by hand. Run: `python -m research.heatmap_boxes`.

For each picture with boxes (`research/embedded_v1/evaluation/boxes.py`): the share of the heat inside the boxes over their
share of the area. An even map gives 1. Prints the mean over pictures, and for how many it is above 1.
"""

from __future__ import annotations

import numpy as np

import featx_core as fx
from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.methods import HEATMAPS
from research.embedded_v1.evaluation.boxes import Framing, centred_gaussian, framings, gradient_magnitude, heat_ratios

SPECS = (
    fx.Pretrained("efficientnet_lite0", fit="stretch"),
    fx.Pretrained("embedded_v1", fit="stretch"),
    fx.Pretrained("efficientnet_lite0", fit="stretch", weights="random"),
)


def main() -> None:
    """Measure and print."""
    pictures = framings()
    for spec in SPECS:
        images = [picture.image for picture in pictures]
        for name, heatmaps in explain_many(images, fx.build(spec), list(HEATMAPS)).items():
            ratios = [_ratio(heatmap.values, picture) for heatmap, picture in zip(heatmaps, pictures, strict=True)]
            _print(f"{spec.title}, {HEATMAPS[name].title}", np.array(ratios))
    _print("a Gaussian in the middle", heat_ratios(centred_gaussian, pictures))
    _print("the gradient of luminance", heat_ratios(gradient_magnitude, pictures))


def _ratio(heat: np.ndarray, picture: Framing) -> float:
    """Divide shares; where a heatmap says nothing, nothing is counted."""
    known = np.nan_to_num(heat)
    return float(known[picture.mask].sum() / known.sum() / picture.mask.mean()) if known.sum() > 0 else 1.0


def _print(what: str, ratios: np.ndarray) -> None:
    print(f"{what}: {ratios.mean():.2f}, above 1 in {(ratios > 1).sum()} of {len(ratios)}")


if __name__ == "__main__":
    main()
