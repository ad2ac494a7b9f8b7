"""Grad-CAM++: Grad-CAM whose weights do not favour large objects over small ones."""

import numpy as np


def grad_cam_plus_plus(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Sum the channels, each weighted by its positive gradients, and keep what is positive.

    `relu(sum_c w_c A_c)` with `w_c = sum_ij alpha_ij relu(g_ij)` and `alpha_ij = g_ij^2 / (2 g_ij^2 + g_ij^3 sum_ab A_ab)`, all
    of channel `c`; `alpha` is 0 where `g` is 0. The score whose gradient counts is the exponential of the target, which
    scales the whole map by one factor and drops out.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        gradients: Of the target with respect to `activations`, same shape. Not modified.

    Returns:
        float64 `(height, width)`, nowhere negative.

    Reference:
        Chattopadhay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks", WACV 2018,
        arXiv:1710.11063, equations 5 and 19. The paper has activations behind ReLU. Where others are negative, only
        the positive ones count in the sum, so that `alpha` stays from 0 to 1/2. The authors' code also scales
        `alpha` to a sum of 1 in each channel, which the paper does not.
    """
    values, raising = activations.astype(np.float64), np.maximum(gradients.astype(np.float64), 0.0)
    sums = np.maximum(values, 0.0).sum(axis=(0, 1))
    alphas = 1.0 / (2.0 + raising * sums)
    return np.asarray(np.maximum(values @ (alphas * raising).sum(axis=(0, 1)), 0.0))
