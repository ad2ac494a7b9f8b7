"""The softmax: scores of classes that are positive and sum to 1."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits into scores, without overflow.

    Args:
        logits: `(..., n_classes)`, finite. Not modified.

    Returns:
        float64 of the same shape; the last axis sums to 1.

    >>> softmax(np.array([0.0, np.log(3.0)])).round(2)
    array([0.25, 0.75])
    """
    shifted = np.asarray(logits, np.float64)
    powers = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
