"""Traces of a chain of expressions on a few rows: the numbers and small images of each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx_core.expressions.expression import Expression

TILE_SIDE = 160  # pixels, of the image of a vector
BAR_COLOR = (59, 111, 212)


@dataclass(frozen=True, eq=False)
class Stage:
    """What the rows are before the first step or after one.

    Attributes:
        values: float32 `(n_rows, *shape)`.
        low: The smallest finite value; NaN where there is none.
        high: The largest finite value.
        mean: Of the finite values.
        share_not_finite: Between 0 and 1: of values that are infinite or no number.
    """

    values: np.ndarray
    low: float
    high: float
    mean: float
    share_not_finite: float


def trace(steps: Sequence[Expression], rows: np.ndarray) -> list[Stage]:
    """Follow a few rows through a chain of expressions.

    Args:
        steps: The chain.
        rows: float `(n_rows, *shape)`. Not modified.

    Returns:
        One stage for the rows as they are, then one a step.

    Raises:
        ExpressionError: If a step does not fit to what the one before it gives.
    """
    stages = [_stage(np.asarray(rows, np.float32))]
    for step in steps:
        stages.append(_stage(step.apply(stages[-1].values)))
    return stages


def _stage(values: np.ndarray) -> Stage:
    finite = values[np.isfinite(values)].astype(np.float64)
    share = 1 - finite.size / max(values.size, 1)
    if not finite.size:
        return Stage(values, np.nan, np.nan, np.nan, share)
    return Stage(values, float(finite.min()), float(finite.max()), float(finite.mean()), share)


def pairs(before: np.ndarray, after: np.ndarray, n_pairs: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw numbers from before a chain and what became of them, where both are finite.

    Args:
        before: float of any shape. Not modified.
        after: float of the same shape.
        n_pairs: How many to draw at most.
        seed: Of the draw.

    Returns:
        Two float32 vectors of equal length, in the order of the first.

    Raises:
        ValueError: If the shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"`after` must have the shape of `before`, {before.shape}. Received: {after.shape}.")
    left, right = before.ravel(), after.ravel()
    if left.size > n_pairs:
        chosen = np.random.default_rng(seed).choice(left.size, n_pairs, replace=False)
        left, right = left[chosen], right[chosen]
    both = np.isfinite(left) & np.isfinite(right)
    order = np.argsort(left[both], kind="stable")
    return left[both][order], right[both][order]


def tile(values: np.ndarray) -> np.ndarray:
    """Draw one row: an image or a map from its smallest value (black) to its largest (white), a vector as bars.

    A map of other than 1 or 3 channels is drawn as their mean. Values that are not finite are drawn black.

    Args:
        values: float `(height, width, n_channels)` or `(n,)`. Not modified.

    Returns:
        uint8 `(height, width, 3)`, or `(160, 160, 4)` with a clear ground for bars.
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    if values.ndim != 3:
        return _bars(finite.ravel())
    shown = finite if values.shape[-1] in (1, 3) else finite.mean(axis=-1, keepdims=True)
    shown = np.repeat(shown, 3, axis=-1) if shown.shape[-1] == 1 else shown
    return np.asarray(np.rint(255 * _scaled(shown)), np.uint8)


def _bars(values: np.ndarray) -> np.ndarray:
    columns = np.array_split(values, min(TILE_SIDE, len(values)))
    means = np.array([np.nanmax(part) if np.isfinite(part).any() else 0.0 for part in columns])
    low, high = min(means.min(), 0.0), max(means.max(), 0.0)
    scale = (TILE_SIDE - 1) / (high - low) if high > low else 0.0
    top, bottom, zero = (np.rint((high - edge) * scale) for edge in (np.maximum(means, 0), np.minimum(means, 0), 0.0))
    height = np.arange(TILE_SIDE)[:, np.newaxis]
    is_bar = (height >= top) & (height <= bottom) | (height == zero)
    wide = is_bar[:, np.arange(TILE_SIDE) * len(means) // TILE_SIDE]
    return np.asarray(wide[..., np.newaxis] * np.array((*BAR_COLOR, 255)), np.uint8)


def _scaled(values: np.ndarray) -> np.ndarray:
    if np.isnan(values).all():
        return np.zeros_like(values)
    low, high = np.nanmin(values), np.nanmax(values)
    scaled = (values - low) / (high - low) if high > low else np.full_like(values, 0.5)
    return np.asarray(np.nan_to_num(scaled, nan=0.0))
