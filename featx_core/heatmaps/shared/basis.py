"""Colours for the cells of a layer, from principal components that all images share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from featx_core.heatmaps.layers import HeatmapError
from featx_core.maps.pca import on_components, principal_components

N_COLORS = 3
"""Components that are drawn: red, green and blue."""

ENDS = (1.0, 99.0)
"""Percentiles of a component that its colour runs between: a few extreme cells would leave all others grey."""

MIDDLE = 0.5
"""The colour of a component that the cells do not have."""

HIDES: Mapping[str, str] = MappingProxyType({"nothing": "Nothing", "low": "Low side", "high": "High side"})
"""What can be left out before the colours are made, with its title."""


@dataclass(frozen=True, eq=False)
class ColoredCells:
    """Cells of several images in one set of colours.

    Attributes:
        colors: float32 `(n_images, height, width, 3)`, RGB in [0, 1].
        is_shown: bool `(n_images, height, width)`, False for cells that are hidden.
        shares: Of the variance of the cells that are shown, from 0 to 1, of each component that they have, at most 3.
    """

    colors: np.ndarray
    is_shown: np.ndarray
    shares: tuple[float, ...]


def color_cells(activations: np.ndarray, *, is_inside: np.ndarray | None = None, hide: str = "nothing") -> ColoredCells:
    """Colour the cells of all images by their first three principal components.

    Each cell is one point. The components are those of all images together, so equal activations have equal colours in
    each image. A component runs from the 1st to the 99th percentile of the cells that are shown, over all images.

    Args:
        activations: float `(n_images, height, width, n_channels)`, the output of one layer. Not modified.
        is_inside: bool `(n_images, height, width)`: cells that lie in the images, and not in the grey borders around them.
            Only these make the components. None: all do.
        hide: A key of `HIDES`. "low" leaves out cells below the mean of the first component, "high" those above it; the
            colours are then the components of the rest.

    Raises:
        ValueError: If `hide` is unknown.
        HeatmapError: If values are not finite, or no cell lies inside.

    Reference:
        Oquab et al. 2023, DINOv2, arXiv:2304.07193, figure 1: the first component tells the subject from the
        background, three more components of the subject are its colours.
    """
    if hide not in HIDES:
        raise ValueError(f"`hide` must be one of {', '.join(HIDES)}. Received: {hide!r}.")
    places, points = activations.shape[:3], activations.reshape(-1, activations.shape[-1])
    inside = np.ones(len(points), bool) if is_inside is None else is_inside.reshape(-1)
    if not np.isfinite(points).all():
        raise HeatmapError("This layer gives values that are not finite, so its places cannot be coloured.")
    if not inside.any():
        raise HeatmapError(
            "No place of this layer lies in these images: all lie in the borders. Pick an earlier layer."
        )
    shown = inside & _kept(points, inside, hide)
    scores, shares = _scores(points, shown, N_COLORS)
    colors = np.full((len(points), N_COLORS), MIDDLE)
    colors[:, : scores.shape[1]] = _scaled(scores, shown)
    return ColoredCells(
        colors.astype(np.float32).reshape(*places, N_COLORS),
        (shown | ~inside & _kept(points, inside, hide)).reshape(places),
        shares,
    )


def _kept(points: np.ndarray, inside: np.ndarray, hide: str) -> np.ndarray:
    """Say which cells are not hidden by the first component: its mean over the cells inside is 0."""
    scores = _scores(points, inside, 1)[0] if hide != "nothing" else np.zeros((len(points), 0))
    if not scores.shape[1]:
        return np.ones(len(points), bool)
    return np.asarray(scores[:, 0] > 0 if hide == "low" else scores[:, 0] < 0)


def _scores(points: np.ndarray, used: np.ndarray, n_wanted: int) -> tuple[np.ndarray, tuple[float, ...]]:
    """Give all cells their scores on the components of some, and the shares of the variance."""
    some = points[used]
    found = principal_components(some, n_wanted, seed=0)
    scores = np.zeros((len(points), len(found.shares)))
    scores[used] = found.scores
    if not used.all() and len(found.shares):
        scores[~used] = on_components(some, found.scores, points[~used])
    return scores, tuple(found.shares.tolist())


def _scaled(scores: np.ndarray, used: np.ndarray) -> np.ndarray:
    low, high = np.percentile(scores[used], ENDS, axis=0)
    span = np.where(high > low, high - low, 1.0)
    return np.asarray(np.where(high > low, np.clip((scores - low) / span, 0.0, 1.0), MIDDLE))
