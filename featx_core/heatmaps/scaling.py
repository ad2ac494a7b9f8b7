"""Scaling of heatmaps to [0, 1], and notes on maps that show nothing."""

from dataclasses import dataclass

import numpy as np

from featx_core.heatmaps.methods import HeatmapMethod
from featx_core.heatmaps.observation import Observation

FLAT = 1e-5
"""A map whose range is below this share of its largest value holds rounding noise of float32, and nothing else."""
_NOT_FINITE = "Empty: the network gave values that are not finite on this image."


@dataclass(frozen=True, eq=False)
class ScaledMap:
    """A map in [0, 1].

    Attributes:
        grid: float32 `(height, width)` in [0, 1]. All 0 for a flat map.
        low: The value that 0 stands for.
        high: The value that 1 stands for.
        note: What is special about it, in a plain sentence. Else empty.
    """

    grid: np.ndarray
    low: float
    high: float
    note: str = ""


def scale(method: HeatmapMethod, observation: Observation) -> ScaledMap:
    """Apply a method and bring what it gives to [0, 1], without ever dividing by zero."""
    if not np.isfinite(observation.activations).all():  # some methods cannot take them
        return _zeros(observation.activations[..., 0], _NOT_FINITE)
    return scale_map(method, method.function(observation.activations, observation.gradients), observation)


def scale_map(method: HeatmapMethod, values: np.ndarray, observation: Observation) -> ScaledMap:
    """Bring the map that a method gave, float `(height, width)`, to [0, 1], without ever dividing by zero."""
    if not np.isfinite(values).all():
        return _zeros(values, _NOT_FINITE)
    low, high = (0.0 if method.from_zero else float(values.min())), float(values.max())
    if high - low <= FLAT * max(abs(low), abs(high)):
        return _zeros(values, _why_flat(method, observation), low, high)
    even = method.from_zero and high - values.min() <= FLAT * high
    grid = ((values - low) / (high - low)).astype(np.float32)
    return ScaledMap(grid, low, high, "Even: every position raises the target equally." if even else "")


def _zeros(values: np.ndarray, note: str, low: float = 0.0, high: float = 0.0) -> ScaledMap:
    return ScaledMap(np.zeros(values.shape, np.float32), low, high, note)


def _why_flat(method: HeatmapMethod, observation: Observation) -> str:
    if not observation.activations.any():
        return "Flat: no channel of this layer is active on this image."
    if not method.needs_target:
        return observation.flat_reason or "Flat: this layer responds equally everywhere in this image."
    if observation.flat_reason:
        return observation.flat_reason
    if observation.gradients is None or not observation.gradients.any():
        return "Flat: the target does not depend on this layer in this image."
    return "Flat: no position at this layer raises the target."
