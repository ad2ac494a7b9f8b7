"""t-distributed stochastic neighbour embedding."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.maps.origin import made_by
from featx_core.maps.pca import on_components, principal_components

PCA_DIMENSIONS = 50
"""Dimensions that are kept of the features; near neighbours barely change, and finding them is quick."""

FFT_ROWS = 10_000
"""From this many rows on, an FFT is the way to the gradient (in two dimensions only), as openTSNE itself would choose. With
5 000 rows on two cores the tree takes 8.5 s and the FFT, which gains little from a second core, 15 s."""

EARLY_ITERATIONS = 250
PROGRESS_EVERY = 5
INITIAL_SPREAD = 1e-4

PLACING_PERPLEXITY = 5.0
PLACING_NEIGHBORS = 25
"""openTSNE's own defaults for new points: few neighbours, so that they go to one group and not between several."""

THREADS = min(8, os.cpu_count() or 1)
"""More gain little. On a busy machine they cost little as long as those that wait sleep: the worker is started so."""

THREADS_FROM = 1_000
"""Fewer points are placed by one thread: several would mostly wait for each other, for minutes on a busy machine."""


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
    is lowered to a third of the number of other points where these are few. The gradient is approximated by a
    Barnes-Hut tree, in 2-D from 10 000 points on by an FFT. The same seed gives the same map, bit for bit on one machine.

    Args:
        points: Finite, `(n_rows, n_features)`, at least 5 different rows. Not modified.
        n_components: 2 or 3.
        seed: For the noise at the start and the randomised PCA.
        on_progress: Called every 5 iterations; it stops the work by raising `Cancelled`.
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

    total = EARLY_ITERATIONS + n_iter
    on_progress(0, total)
    used = min(float(perplexity), (len(points) - 1) / 3)
    reduced = principal_components(points, PCA_DIMENSIONS, seed).scores
    reduced /= np.abs(reduced).max()
    on_progress(0, total)
    threads = THREADS if len(points) >= THREADS_FROM else 1
    affinities = PerplexityBasedNN(reduced, used, method="exact", n_jobs=threads)
    model = openTSNE.TSNE(
        n_components,
        early_exaggeration_iter=EARLY_ITERATIONS,
        early_exaggeration=early_exaggeration,
        learning_rate=learning_rate,
        n_iter=n_iter,
        n_jobs=threads,
        negative_gradient_method="fft" if n_components == 2 and len(points) >= FFT_ROWS else "bh",
        callbacks=_Watch(on_progress, total),
        callbacks_every_iters=PROGRESS_EVERY,
        random_state=seed,
    )
    layout = model.fit(affinities=affinities, initialization=start_layout(reduced, n_components, seed))
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
        on_progress: Called before and after.
        details: Of the map; `perplexity` is the one that was used.

    Returns:
        Coordinates without unit, float64 `(n_new, n_components)`.

    Reference:
        Poličar, Stražar and Zupan, "Embedding to reference t-SNE space addresses batch effects in single-cell
        classification", Machine Learning 112 (2023).
    """
    import openTSNE
    from openTSNE.affinity import PerplexityBasedNN

    on_progress(0, 1)
    reduced = principal_components(points, PCA_DIMENSIONS, seed).scores
    others = on_components(points, reduced, new_points)
    unit = np.abs(reduced).max()
    threads = THREADS if len(points) >= THREADS_FROM else 1
    affinities = PerplexityBasedNN(reduced / unit, details["perplexity"], method="exact", n_jobs=threads)
    embedding = openTSNE.TSNEEmbedding(
        coordinates.astype(np.float64),
        affinities,
        negative_gradient_method="bh",
        n_jobs=threads,
        random_state=seed,
    )
    perplexity = min(PLACING_PERPLEXITY, (len(points) - 1) / 3)
    placed = embedding.transform(others / unit, perplexity=perplexity, k=min(PLACING_NEIGHBORS, len(points) - 1))
    on_progress(1, 1)
    return np.asarray(placed, np.float64)


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
