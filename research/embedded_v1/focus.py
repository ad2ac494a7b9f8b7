"""Weigh the channels of the last layer, so that activation energy lies more on objects than on what is behind them."""

from __future__ import annotations

from collections.abc import Iterable

import keras  # noqa: TID253 - only training imports this file
import numpy as np
from keras import ops  # noqa: TID253

POWER = 0.5
MOST_GAIN = 2.0


def channel_gains(batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Find how much more each channel answers to objects than to the ground.

    Args:
        batches: Feature maps, float `(n, rows, columns, n_channels)`, 0 or more, and how much of each of their places is
            covered by objects, `(n, rows, columns)`, 0 to 1.

    Returns:
        float64 `(n_channels,)`: a power of the ratio of the two means, from 1 / `MOST_GAIN` to `MOST_GAIN`.
    """
    sums = np.zeros(2)
    answers: np.ndarray | float = 0.0
    for maps, cover in batches:
        weights = np.stack([cover, 1 - cover]).astype(np.float64)
        answers = answers + np.einsum("pnij,nijc->pc", weights, maps)
        sums += weights.sum(axis=(1, 2, 3))
    inside, outside = np.asarray(answers) / sums[:, np.newaxis] + 1e-6
    return np.clip((inside / outside) ** POWER, 1 / MOST_GAIN, MOST_GAIN)


def cover_of(masks: np.ndarray, n_rows: int) -> np.ndarray:
    """Average masks `(n, side, side)` over the places of a square map, `(n, n_rows, n_rows)`."""
    width = masks.shape[1] // n_rows
    return ops.convert_to_numpy(ops.average_pool(masks[..., np.newaxis], width, strides=width))[..., 0]


def apply_gains(network: keras.Model, gains: np.ndarray) -> None:
    """Multiply what the last layer gives by positive gains: exact, since its ReLU follows its batch normalization."""
    norm = network.get_layer("features_norm")
    for weight in (norm.gamma, norm.beta):
        weight.assign(weight * gains)
