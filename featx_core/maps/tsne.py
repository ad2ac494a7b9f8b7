"""t-distributed stochastic neighbour embedding."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.maps.compat import attract
from featx_core.maps.exact_neighbors import ExactNeighbors
from featx_core.maps.origin import made_by
from featx_core.maps.pca import on_components, principal_components
from featx_core.maps.repulsion import Repulsion

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PCA_DIMENSIONS = 50
"""Dimensions that are kept of the features; near neighbours barely change, and finding them is quick."""

GRID_ROWS = 1_000
"""From this many rows on, in two dimensions, repulsion is found on a grid: fewer are quicker with openTSNE's tree."""

EARLY_ITERATIONS = 250
PROGRESS_EVERY = 5
INITIAL_SPREAD = 1e-4

PLACING_PERPLEXITY = 5.0
PLACING_NEIGHBORS = 25
"""openTSNE's own defaults for new points: few neighbours, so that they go to one group and not between several."""

PLACING_STEPS = 10
"""Steps for which finding the neighbours of the points on the map counts; placing the new ones counts for one."""

THREADS = min(8, os.cpu_count() or 1)
"""More gain little. On a busy machine they cost little as long as those that wait sleep: the worker is started so."""

THREADS_FROM = 1_000
"""Fewer points are placed by one thread: several would mostly wait for each other, for minutes on a busy machine."""

SEARCH_SHARE = 10
"""Finding the neighbours of so many rows counts as one step for this many iterations."""


def project_tsne(
    points: np.ndarray,
    n_components: int,
    seed: int,
    on_progress: ProgressCallback,
    *,
    perplexity: float,
    early_exaggeration: float | str,
    learning_rate: float | str,
    n_iter: int,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Lay out points so that near neighbours stay near, by t-distributed stochastic neighbour embedding.

    PCA to 50 dimensions comes first; the map starts from the leading components plus a little seeded noise. Perplexity
    is lowered to a third of the number of other points where these are few. Neighbours are exact. Repulsion is approximated
    by a Barnes-Hut tree, in 2-D from 1 000 points on by a grid (`Repulsion`). The same seed gives the same map on one
    machine, bit for bit, whatever the number of threads.

    Args:
        points: Finite, `(n_rows, n_features)`, at least 5 different rows. Not modified.
        n_components: 2 or 3.
        seed: For the noise at the start and the randomised PCA.
        on_progress: Called every 5 iterations, and while neighbours are sought; it stops the work by raising `Cancelled`.
        perplexity: Roughly how many neighbours count for a point.
        early_exaggeration: Attraction in the first 250 iterations; "auto" is 12.
        learning_rate: Step size; "auto" is the number of points (a twelfth of it under early exaggeration).
        n_iter: Iterations after the first 250.

    Returns:
        Coordinates without unit, float64 `(n_rows, n_components)`. Details: `kl_divergence`, the `perplexity` used,
        `notes`, `made_by`.

    Reference:
        van der Maaten and Hinton, JMLR 9 (2008). Start from PCA: Kobak and Berens, Nature Communications 10 (2019).
        Learning rate: Belkina et al., Nature Communications 10 (2019).
    """
    import openTSNE
    from openTSNE.affinity import PerplexityBasedNN

    iterations = EARLY_ITERATIONS + n_iter
    threads = THREADS if len(points) >= THREADS_FROM else 1
    steps = iterations // SEARCH_SHARE if len(points) >= THREADS_FROM else 0
    total = steps + iterations
    on_progress(0, total)
    used = min(float(perplexity), (len(points) - 1) / 3)
    reduced = principal_components(points, PCA_DIMENSIONS, seed).scores
    reduced /= np.abs(reduced).max()
    on_progress(0, total)
    neighbors = ExactNeighbors(
        reduced,
        min(len(points) - 1, int(3 * used)),
        threads,
        lambda done, rows: on_progress(steps * done // rows, total),
    )
    model = openTSNE.TSNE(
        n_components,
        early_exaggeration_iter=EARLY_ITERATIONS,
        early_exaggeration=early_exaggeration,
        learning_rate=learning_rate,
        n_iter=n_iter,
        n_jobs=threads,
        negative_gradient_method=_on_grid() if n_components == 2 and len(points) >= GRID_ROWS else "bh",
        callbacks=_Watch(lambda done, _: on_progress(steps + done, total), iterations),
        callbacks_every_iters=PROGRESS_EVERY,
        random_state=seed,
    )
    layout = model.fit(
        affinities=PerplexityBasedNN(perplexity=used, knn_index=neighbors, n_jobs=threads),
        initialization=start_layout(reduced, n_components, seed),
    )
    on_progress(total, total)
    kl_divergence = float(f"{layout.kl_divergence:.6g}")
    notes = _lowered(perplexity, used, len(points))
    made = made_by("openTSNE", threads=threads)
    return np.asarray(layout), {"kl_divergence": kl_divergence, "perplexity": used, "notes": notes, "made_by": made}


def place_tsne(
    points: np.ndarray,
    coordinates: np.ndarray,
    new_points: np.ndarray,
    seed: int,
    on_progress: ProgressCallback,
    details: Mapping[str, Any],
) -> np.ndarray:
    """Place new points on a map, one by one, by openTSNE: the others attract and repel them, and stay.

    Args:
        points: Those that the map is of, `(n_rows, n_features)`. Not modified.
        coordinates: Where they are, `(n_rows, n_components)`. Not modified.
        new_points: Finite, `(n_new, n_features)`. Not modified.
        seed: Of the map.
        on_progress: Called before, after, and while neighbours on the map are sought; it may raise `Cancelled`.
        details: Of the map; `perplexity` is the one that was used.

    Returns:
        Coordinates without unit, float64 `(n_new, n_components)`.

    Reference:
        Poličar, Stražar and Zupan, "Embedding to reference t-SNE space addresses batch effects in single-cell
        classification", Machine Learning 112 (2023).
    """
    import openTSNE
    from openTSNE.affinity import PerplexityBasedNN

    total = PLACING_STEPS + 1
    on_progress(0, total)
    reduced = principal_components(points, PCA_DIMENSIONS, seed).scores
    others = on_components(points, reduced, new_points)
    unit = np.abs(reduced).max()
    threads = THREADS if len(points) >= THREADS_FROM else 1
    used = details["perplexity"]
    neighbors = ExactNeighbors(
        reduced / unit,
        min(len(points) - 1, int(3 * used)),
        threads,
        lambda done, rows: on_progress(PLACING_STEPS * done // rows, total),
    )
    affinities = PerplexityBasedNN(perplexity=used, knn_index=neighbors, n_jobs=threads)
    embedding = openTSNE.TSNEEmbedding(
        coordinates.astype(np.float64),
        affinities,
        negative_gradient_method="bh",
        n_jobs=threads,
        random_state=seed,
    )
    perplexity = min(PLACING_PERPLEXITY, (len(points) - 1) / 3)
    placed = embedding.transform(others / unit, perplexity=perplexity, k=min(PLACING_NEIGHBORS, len(points) - 1))
    on_progress(total, total)
    return np.asarray(placed, np.float64)


def _on_grid() -> Callable[..., tuple[float, np.ndarray]]:
    """The gradient of t-SNE as openTSNE asks for it, with repulsion found on a grid."""
    repulsion = Repulsion()

    def gradient(
        places: np.ndarray, affinities: csr_matrix, *, n_jobs: int, should_eval_error: bool, **_: Any
    ) -> tuple[float, np.ndarray]:
        flat = np.asarray(places)
        repelled = repulsion(flat)
        forces = repelled.forces / -repelled.total
        attraction, divergence = attract(affinities, flat, forces, n_jobs, is_measured=should_eval_error)
        return divergence + attraction * float(np.log(repelled.total)), forces

    return gradient


def _lowered(perplexity: float, used: float, n_rows: int) -> list[str]:
    if used == perplexity:
        return []
    limit = f"a third of the number of other images, {n_rows - 1}"
    return [f"Perplexity was lowered from {perplexity:g} to {used:.3g}: it can be at most {limit}."]


class _Watch:
    """Counts iterations over both phases of openTSNE, whose own count starts again with the second."""

    def __init__(self, on_progress: ProgressCallback, total: int) -> None:
        self.on_progress = on_progress
        self.total = total
        self.phases = 0

    def optimization_about_to_start(self) -> None:
        self.phases += 1

    def __call__(self, iteration: int, error: float, layout: np.ndarray) -> bool:
        self.on_progress(iteration + EARLY_ITERATIONS * (self.phases - 1), self.total)
        return False


def start_layout(reduced: np.ndarray, n_components: int, seed: int) -> np.ndarray:
    """Leading components, made small; noise moves equal points apart and fills axes that have no component."""
    start = np.random.default_rng(seed).normal(0, INITIAL_SPREAD / 100, (len(reduced), n_components))
    n_found = min(n_components, reduced.shape[1])
    start[:, :n_found] += reduced[:, :n_found] * (INITIAL_SPREAD / reduced[:, 0].std())
    start[:, n_found:] *= 100
    return start
