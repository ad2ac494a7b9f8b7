"""HiRes-CAM: where activations raise a target, each place weighted by its own gradient."""

import numpy as np


def hires_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Sum over the channels the product of activation and gradient, and keep what is positive.

    `relu(sum_c g_c A_c)`, place by place. Where the target is linear in the layer, as it is behind global average pooling,
    the sum over all places before `relu` is the target itself, but for a constant, and the map equals Grad-CAM.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        gradients: Of the target with respect to `activations`, same shape. Not modified.

    Returns:
        float64 `(height, width)`, nowhere negative.

    Reference:
        Draelos & Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks", 2020,
        arXiv:2011.08891, equation 4. The paper keeps negative values; they are dropped here as in Grad-CAM.
    """
    products = activations.astype(np.float64) * gradients.astype(np.float64)
    return np.asarray(np.maximum(products.sum(axis=-1), 0.0))
