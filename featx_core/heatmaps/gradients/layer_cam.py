"""LayerCAM: where activations raise a target, each place weighted by its own positive gradient."""

import numpy as np


def layer_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Sum over the channels the product of activation and positive gradient, and keep what is positive.

    `relu(sum_c relu(g_c) A_c)`, place by place: what would lower the target takes no part.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        gradients: Of the target with respect to `activations`, same shape. Not modified.

    Returns:
        float64 `(height, width)`, nowhere negative.

    Reference:
        Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE Transactions on Image
        Processing 30, 2021, doi:10.1109/TIP.2021.3089943, equations 6 to 8.
    """
    weights = np.maximum(gradients.astype(np.float64), 0.0)
    return np.asarray(np.maximum((weights * activations.astype(np.float64)).sum(axis=-1), 0.0))
