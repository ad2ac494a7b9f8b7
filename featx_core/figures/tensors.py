"""Tensors drawn as images."""

import numpy as np


def tensor_picture(tensor: np.ndarray) -> np.ndarray:
    """Draw a network's input: its smallest value black, its largest white, all channels on one scale.

    The first channel is drawn red, the second green, the third blue, whatever the network takes them for: a network
    that receives blue first shows false colours, and that is the point.

    Args:
        tensor: float `(height, width, 3)`, or with a single channel, which is drawn grey. Not modified.

    Returns:
        uint8 `(height, width, 3)`.

    >>> tensor_picture(np.array([[[-1.0, 0.0, 1.0]]])).tolist()
    [[[0, 128, 255]]]
    >>> tensor_picture(np.array([[[0.0], [1.0]]])).tolist()
    [[[0, 0, 0], [255, 255, 255]]]
    """
    low, high = float(tensor.min()), float(tensor.max())
    scaled = (tensor - low) / (high - low) if high > low else np.full_like(tensor, 0.5)
    return np.broadcast_to(np.rint(scaled * 255).astype(np.uint8), (*tensor.shape[:2], 3)).copy()
