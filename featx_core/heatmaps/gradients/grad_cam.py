"""Grad-CAM: where a layer's activations raise a target."""

import numpy as np


def grad_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Sum the channels, each weighted by how much it raises the target, and keep what is positive.

    `relu(sum_c a_c A_c)`, where the weight `a_c` of a channel is the mean over all places of the gradient of the target
    with respect to it.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        gradients: Of the target with respect to `activations`, same shape. Not modified.

    Returns:
        float64 `(height, width)`, nowhere negative. All 0 where the target does not depend on the layer.

    Reference:
        Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017,
        arXiv:1610.02391, equations 1 and 2. The target is a score before the softmax (a logit), as there.
    """
    weights = gradients.astype(np.float64).mean(axis=(0, 1))
    return np.asarray(np.maximum(activations.astype(np.float64) @ weights, 0.0))
