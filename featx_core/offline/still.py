"""A map as a drawing that does not move: for print, and for readers without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.labels import label_texts
from featx_core.base.palette import label_styles
from featx_core.offline.markup import text

if TYPE_CHECKING:
    from featx_core.maps.projection import Projection

WIDTH, HEIGHT, MARGIN = 900, 600, 24
MAX_POINTS = 5_000
MAX_LISTED = 40


def still(projection: Projection, labels: Sequence[str | None], title: str) -> str:
    """Draw the first two axes of a map as SVG, coloured by label, and list the labels.

    Args:
        projection: The map.
        labels: Of its points.
        title: What it is, for those who do not see it.
    """
    texts = label_texts(labels)
    styles = label_styles(texts)
    places = _places(projection.coordinates[:, :2])[:MAX_POINTS]
    radius = 5 if len(places) < 500 else 3
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{styles[label].color}"/>'
        for (x, y), label in zip(places.tolist(), texts, strict=False)
    )
    listed = "".join(
        f'<li><svg width="10" height="10" aria-hidden="true"><circle cx="5" cy="5" r="5" fill="{style.color}"/></svg> '
        f"{text(label or 'no label')}</li>"
        for label, style in list(styles.items())[:MAX_LISTED]
    )
    return (
        f'<svg class="still" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(title)}">{dots}</svg>'
        f'<ul class="legend-list">{listed}</ul>'
    )


def _places(coordinates: np.ndarray) -> np.ndarray:
    """Return points in the units of the drawing, both axes at the same scale."""
    exact = coordinates.astype(np.float64)
    low, high = exact.min(axis=0), exact.max(axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    spread = np.maximum(high - low, 1e-12)
    scale = float((room / spread).min())
    moved = (exact - (low + high) / 2) * scale * np.array([1, -1])
    return np.asarray(moved + np.array([WIDTH, HEIGHT]) / 2)
