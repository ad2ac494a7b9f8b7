"""Activation energy: how strongly a layer responds at each position, regardless of the target."""

import numpy as np


def activation_energy(activations: np.ndarray, gradients: np.ndarray | None = None) -> np.ndarray:
    """Length of the activation vector at each place: the square root of the sum over channels of squares.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        gradients: Not used: the energy knows no target.

    Returns:
        float64 `(height, width)`, 0 where every channel is 0.

    Reference:
        Zagoruyko & Komodakis, "Paying more attention to attention", ICLR 2017, arXiv:1612.03928: the activation-based
        map `sum_c |A_c|^p` with p = 2. Here its square root is taken, so that twice the activation is twice the energy.
    """
    return np.asarray(np.linalg.norm(activations.astype(np.float64), axis=-1))
