"""Principal component analysis."""

from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback

N_EXPLAINED = 20
"""Components whose share of the variance is reported, for a scree plot."""

EXACT_SIDE = 500
"""Up to this many rows or columns the solver is exact; beyond, a seeded randomised one finds the leading components."""

DOUBLE_ELEMENTS = 2**25
"""Up to this many numbers the arithmetic is in float64; beyond, in float32 to spare memory."""

LEAST_SHARE = 1e-12
"""Components with a smaller share of the variance are rounding."""


def project_pca(
    points: np.ndarray, n_components: int, seed: int, on_progress: ProgressCallback
) -> tuple[np.ndarray, dict[str, Any]]:
    """Project on the directions of greatest variance.

    The largest loading of each component is positive, so that the map does not flip between runs. Axes without
    variance are zero. The solver is exact while one side of the array is at most 500, and randomised beyond.

    Args:
        points: Finite, `(n_rows, n_features)`, at least 2 rows. Not modified.
        n_components: 2 or 3.
        seed: For the randomised solver.
        on_progress: Called before and after.

    Returns:
        Coordinates in the unit of the features, float64 `(n_rows, n_components)`. Details: `explained_variance`, the
        share of the variance, from 0 to 1, of each of up to 20 components; `notes`.

    Reference:
        Pearson, Philosophical Magazine 2 (1901); for the randomised solver Halko, Martinsson and Tropp, SIAM Review 53
        (2011).
    """
    on_progress(0, 1)
    scores, shares = principal_components(points, max(N_EXPLAINED, n_components), seed)
    n_found = min(n_components, len(shares))
    coordinates = np.zeros((len(points), n_components))
    coordinates[:, :n_found] = scores[:, :n_found]
    on_progress(1, 1)
    return coordinates, {"explained_variance": shares.tolist(), "notes": _missing_axes(n_found, n_components)}


def _missing_axes(n_found: int, n_components: int) -> list[str]:
    if n_found == 0:
        return ["All points coincide: the features of these images do not differ."]
    if n_found < n_components:
        plural = "component" if n_found == 1 else "components"
        return [
            f"These images have only {n_found} principal {plural}; what is left of the {n_components} axes is zero."
        ]
    return []


def principal_components(points: np.ndarray, n_wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores on the leading components, and their shares of the variance; components without variance are left out.

    Args:
        points: Finite, `(n_rows, n_features)`. Not modified.
        n_wanted: Components at most.
        seed: For the randomised solver.

    Returns:
        Scores, float64 `(n_rows, n_found)`, and shares from 0 to 1, float64 `(n_found,)`, in descending order.
    """
    from sklearn.decomposition import PCA

    if coincide(points):
        return np.zeros((len(points), 0)), np.zeros(0)
    scaled, scale = _centered(points)
    model = PCA(min(n_wanted, *points.shape), svd_solver=_solver(scaled), random_state=seed, copy=False)
    scores = model.fit_transform(scaled)
    shares = model.explained_variance_ratio_
    n_found = int(np.sum(shares > LEAST_SHARE))
    return scores[:, :n_found].astype(np.float64) * scale, shares[:n_found].astype(np.float64)


def _centered(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Points around zero in [-1, 1], and their unit: squares of 1e-20 or 1e+30 would leave the float range."""
    largest = float(np.abs(points).max())
    scaled: np.ndarray = points.astype(np.float64 if points.size <= DOUBLE_ELEMENTS else np.float32)
    scaled /= largest
    scaled -= scaled.mean(axis=0, dtype=np.float64)
    spread = float(np.abs(scaled).max())
    scaled /= spread
    return scaled, largest * spread


def _solver(points: np.ndarray) -> str:
    n_rows, n_features = points.shape
    if min(n_rows, n_features) > EXACT_SIDE:
        return "randomized"
    return "covariance_eigh" if points.dtype == np.float64 and n_rows >= 10 * n_features else "full"


def coincide(points: np.ndarray) -> bool:
    """Whether the rows differ by no more than float32 rounding, in every column."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    return bool(np.all(high - low <= 1e-6 * np.maximum(np.abs(low), np.abs(high))))
