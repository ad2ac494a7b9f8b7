"""Heatmaps of methods that hide parts of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.heatmaps.observation import Observation
from featx_core.heatmaps.occlusion import CELLS
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.perturbations.scores import Score, scoring_many
from featx_core.heatmaps.pictures import fitted_of, size_of
from featx_core.heatmaps.scaling import scale_map
from featx_core.images.fitting import Cells, place

if TYPE_CHECKING:
    from featx_core.heatmaps.methods import HeatmapMethod
    from featx_core.heatmaps.targets import Target
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

WHERE = "the whole network"
_FLAT = "Flat: hiding any one part of this image does not lower the target."


def explain_by_hiding(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    method: HeatmapMethod,
    target: Target,
    on_progress: ProgressCallback | None = None,
) -> list[Heatmap]:
    """Draw one heatmap an image, from many passes over changed versions of it.

    Args:
        images: Records, or uint8 `(height, width, 3)` RGB arrays. Not modified.
        extractor: Network and preprocessing. Neither its layers nor its gradients are looked at.
        method: A row of `HEATMAPS` that `hides`.
        target: What is explained.
        on_progress: Called with images done and images in all, several times an image.

    Raises:
        HeatmapError: If the network has no such feature or class.
    """
    report = on_progress or (lambda done, total: None)
    heatmaps = []
    with scoring_many(extractor, target, len(images) * CELLS**2) as hold:
        for number, image in enumerate(images):
            fitted = fitted_of(image, extractor)
            score = hold(fitted)

            def told(changed: np.ndarray, score: Score = score, number: int = number) -> np.ndarray:
                report(number, len(images))
                return score.of(changed)

            heatmaps.append(_heatmap(image, extractor, method, method.function(fitted, told), score))
            report(number + 1, len(images))
    return heatmaps


def _heatmap(
    image: ImageRecord | np.ndarray, extractor: Extractor, method: HeatmapMethod, values: np.ndarray, score: Score
) -> Heatmap:
    width, height = size_of(image)
    seen = Observation(np.ones((*values.shape, 1)), None, score.target_title, score.flat_reason or _FLAT)
    scaled = scale_map(method, values, seen)
    return Heatmap(
        grid=scaled.grid,
        cells=Cells.evenly(*values.shape),
        placement=place(width, height, extractor.image_size, extractor.fit),
        width=width,
        height=height,
        title=f"{method.draws} for {score.target_title}",
        layer=WHERE,
        low=scaled.low,
        high=scaled.high,
        note=scaled.note,
    )
