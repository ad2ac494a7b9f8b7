"""What featx uses of openTSNE beyond its documented parts. With openTSNE 1.0; `test_repulsion.py` fails when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def attract(
    affinities: csr_matrix, places: np.ndarray, forces: np.ndarray, threads: int, *, is_measured: bool
) -> tuple[float, float]:
    """Add to `forces` how the points of a map attract each other; on several threads, with the same result.

    Args:
        affinities: Between points, float64 `(n_points, n_points)`.
        places: Float64 `(n_points, n_components)`. Not modified.
        forces: Of the same shape. Changed.
        threads: That work at once.
        is_measured: Whether to return the sums; else they are 0.

    Returns:
        The sum of the affinities, and the Kullback-Leibler divergence but for the logarithm of all repulsion.
    """
    from openTSNE import _tsne

    found = _tsne.estimate_positive_gradient_nn(
        *(affinities.indices, affinities.indptr, affinities.data, places, places, forces, 1.0),
        num_threads=threads,
        should_eval_error=is_measured,
    )
    return float(found[0]), float(found[1])
