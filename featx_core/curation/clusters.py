"""Clusters of images, and how stable they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.curation.storing import Stored
from featx_core.maps.pca import principal_components
from featx_core.measures.folds import as_groups
from featx_core.measures.neighbors import at_unit_length

METHODS = {"hdbscan": "HDBSCAN", "k_means": "k-means"}
N_DIMENSIONS = 50
N_RESAMPLES = 10
SHARE = 0.8
"""Share of the images in each resample."""

STABLE = 0.75
"""From this mean Jaccard index on, a cluster counts as stable (Hennig 2007)."""

MIN_IMAGES = 10
N_TYPICAL = 12


@dataclass(frozen=True)
class Clusters(Stored):
    """Images in clusters.

    Attributes:
        digests: SHA-256 of each image.
        numbers: Its cluster, from 0, the largest first; -1 where it is in none.
        stabilities: For each cluster the mean Jaccard index with its likeliest counterpart in resamples, from 0 to 1.
        typical: For each cluster the digests of its most typical images, the nearest to its mean first.
    """

    digests: tuple[str, ...]
    numbers: tuple[int, ...]
    stabilities: tuple[float, ...]
    typical: tuple[tuple[str, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many images each cluster holds."""
        counts = np.bincount(np.array(self.numbers, np.int64) + 1, minlength=len(self.stabilities) + 1)
        return tuple(counts[1:].tolist())

    @property
    def is_stable(self) -> tuple[bool, ...]:
        """Whether each cluster is found again in most resamples."""
        return tuple(stability >= STABLE for stability in self.stabilities)


def find_clusters(
    vectors: np.ndarray,
    digests: Sequence[str],
    *,
    method: str = "hdbscan",
    n_clusters: int = 5,
    groups: Sequence[Any] | np.ndarray | None = None,
    seed: int = 0,
    on_progress: ProgressCallback | None = None,
) -> Clusters:
    """Group images by their features.

    Features at length 1, in their first 50 principal components. Near-duplicates count once and share a cluster: copies
    would look like clusters of their own. Stability comes from ten resamples of 80 % of the images.

    Args:
        vectors: Finite, `(n_images, n_features)`. Not modified.
        digests: Of each image.
        method: A key of `METHODS`. "hdbscan" finds the number of clusters and leaves images out of all of them.
        n_clusters: For "k_means".
        groups: Images of one group, such as near-duplicates, count once. None: each is its own.
        seed: Of resamples, and of k-means.
        on_progress: Called with clusterings done and clusterings in all.

    Raises:
        ValueError: If `method` is unknown, there are fewer than `MIN_IMAGES` different images, or `n_clusters` is not from 2 to
            half of their number, or all features are the same.

    Reference:
        Campello, Moulavi and Sander, "Density-based clustering based on hierarchical density estimates", PAKDD 2013.
        Hennig, "Cluster-wise assessment of cluster stability", Computational Statistics and Data Analysis 52, 2007.
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}. Received: {method!r}.")
    group = as_groups(groups, len(vectors))
    first = np.unique(group, return_index=True)[1]
    if len(first) < MIN_IMAGES:
        raise ValueError(f"Clusters need at least {MIN_IMAGES} different images. Received: {len(first)}.")
    if method == "k_means" and not 2 <= n_clusters <= len(first) // 2:
        raise ValueError(f"`n_clusters` must be 2 to {len(first) // 2} here. Received: {n_clusters}.")
    unit = at_unit_length(vectors)
    points = principal_components(unit[first], N_DIMENSIONS, seed).scores
    if not points.shape[1]:
        raise ValueError("All images have the same features: there is nothing to group.")

    def grouped(rows: np.ndarray) -> np.ndarray:
        return _k_means(points[rows], n_clusters, seed) if method == "k_means" else _hdbscan(points[rows])

    codes = _largest_first(grouped(np.arange(len(first))))
    rng, overlaps = np.random.default_rng(seed), []
    for done in range(N_RESAMPLES):
        if on_progress is not None:
            on_progress(done + 1, N_RESAMPLES + 1)
        rows = np.sort(rng.choice(len(first), max(2, int(SHARE * len(first))), replace=False))
        overlaps.append(_jaccard(codes[rows], grouped(rows), int(codes.max()) + 1))
    if on_progress is not None:
        on_progress(N_RESAMPLES + 1, N_RESAMPLES + 1)
    numbers = codes[group]
    stabilities = np.mean(overlaps, axis=0) if codes.max() >= 0 else np.zeros(0)
    typical = tuple(_typical(unit, first[codes == code], digests) for code in range(int(codes.max()) + 1))
    return Clusters(tuple(digests), tuple(numbers.tolist()), tuple(stabilities.tolist()), typical)


def _hdbscan(points: np.ndarray) -> np.ndarray:
    from sklearn.cluster import HDBSCAN

    smallest = max(5, round(len(points) / 50))
    found = HDBSCAN(min_cluster_size=smallest, min_samples=min(5, smallest), copy=True).fit_predict(points)
    return np.asarray(np.maximum(found, -1), np.int64)


def _k_means(points: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(n_clusters, n_init=10, random_state=seed).fit_predict(points), np.int64)


def _largest_first(codes: np.ndarray) -> np.ndarray:
    """Number clusters by their size, the largest first; equal ones by their first image."""
    known = [code for code in dict.fromkeys(codes.tolist()) if code >= 0]
    known.sort(key=lambda code: -int((codes == code).sum()))
    order = {code: number for number, code in enumerate(known)}
    return np.array([order.get(code, -1) for code in codes.tolist()], np.int64)


def _jaccard(codes: np.ndarray, others: np.ndarray, n_clusters: int) -> list[float]:
    """Return for each cluster the largest Jaccard index with a cluster of another clustering of the same points."""
    found = []
    for code in range(n_clusters):
        own = codes == code
        parts = [others == other for other in np.unique(others) if other >= 0]
        found.append(max((float((own & part).sum() / max(1, (own | part).sum())) for part in parts), default=0.0))
    return found


def _typical(unit: np.ndarray, rows: np.ndarray, digests: Sequence[str]) -> tuple[str, ...]:
    similarity = unit[rows] @ unit[rows].mean(axis=0)
    return tuple(digests[row] for row in rows[np.argsort(-similarity, kind="stable")[:N_TYPICAL]])
