"""Eigen-CAM: where the first principal component of a layer's activations is strong."""

import numpy as np

from featx_core.heatmaps.activation_energy import activation_energy


def eigen_cam(activations: np.ndarray, gradients: np.ndarray | None = None) -> np.ndarray:
    """Project the activations of each place on their first principal component.

    With one row a place and one column a channel, `A = U S V^T` and the map is `A v_1`. As in the paper the activations
    are not centred, so `v_1` is the direction of greatest energy and not of greatest variance. (The much used
    pytorch-grad-cam centres them.) The sign of a singular vector is arbitrary: the map is turned so that it
    correlates positively with the activation energy.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        gradients: Not used: Eigen-CAM knows no target.

    Returns:
        float64 `(height, width)`. May be negative where channels are.

    Reference:
        Muhammad & Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020, arXiv:2008.00299.
    """
    rows = activations.reshape(-1, activations.shape[-1]).astype(np.float64)
    largest = np.abs(rows).max()
    if largest == 0:
        return np.zeros(activations.shape[:2])
    projection = _first_projection(rows / largest) * largest
    return np.asarray(
        (projection * _sign(projection, activation_energy(activations).ravel())).reshape(activations.shape[:2])
    )


def _first_projection(rows: np.ndarray) -> np.ndarray:
    """Compute `A v_1` from the smaller of the two Gram matrices, much faster than a full decomposition."""
    n_rows, n_columns = rows.shape
    if n_columns <= n_rows:
        return np.asarray(rows @ np.linalg.eigh(rows.T @ rows)[1][:, -1])
    eigenvalues, eigenvectors = np.linalg.eigh(rows @ rows.T)
    return np.asarray(eigenvectors[:, -1] * np.sqrt(max(eigenvalues[-1], 0.0)))


def _sign(projection: np.ndarray, energy: np.ndarray) -> float:
    """Return the sign of the correlation with the energy, or of the sum where there is no correlation to speak of."""
    deviation, energy_deviation = projection - projection.mean(), energy - energy.mean()
    covariance = deviation @ energy_deviation
    bound = 1e-6 * np.linalg.norm(projection) * np.linalg.norm(energy)
    return float(np.sign(covariance if abs(covariance) > bound else projection.sum()) or 1.0)
