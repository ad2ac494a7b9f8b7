"""Uniform manifold approximation and projection. Offered where umap-learn is installed."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.maps.origin import made_by
from featx_core.maps.pca import on_components, principal_components
from featx_core.maps.tsne import PCA_DIMENSIONS, start_layout

SECONDS_BETWEEN_REPORTS = 0.1
PLACING_EPOCHS = 300
"""Of which `transform` does a third."""


def project_umap(
    points: np.ndarray,
    n_components: int,
    seed: int,
    on_progress: ProgressCallback,
    *,
    n_neighbors: float,
    min_dist: float,
    n_epochs: float | str,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Lay out points so that the graph of their nearest neighbours is kept, by umap-learn.

    PCA to 50 dimensions comes first; the map starts from the leading components. One thread, so that the same seed gives
    the same map on one machine. The first map of a process takes some seconds more: the code is compiled then.

    Args:
        points: Finite, `(n_rows, n_features)`, at least 5 different rows. Not modified.
        n_components: 2 or 3.
        seed: For the order of the optimisation and the randomised PCA.
        on_progress: Called while the map is optimised; it stops the work by raising `Cancelled`.
        n_neighbors: How many neighbours of a point are joined to it; at most all others.
        min_dist: How near points may come on the map, from 0 to 1.
        n_epochs: Passes over the graph; "auto" is 500, or 200 from 10 000 points on.

    Returns:
        Coordinates without unit, float64 `(n_rows, n_components)`. Details: `n_neighbors_used`, `notes`, `made_by`.

    Reference:
        McInnes, Healy and Melville, arXiv:1802.03426 (2018).
    """
    from umap import UMAP

    passes = int(n_epochs) if not isinstance(n_epochs, str) else (500 if len(points) < 10_000 else 200)
    on_progress(0, passes)
    used = min(int(n_neighbors), len(points) - 1)
    reduced = principal_components(points, PCA_DIMENSIONS, seed).scores
    reduced /= np.abs(reduced).max()
    model = UMAP(
        n_components=n_components,
        n_neighbors=used,
        min_dist=min_dist,
        n_epochs=passes,
        init=start_layout(reduced, n_components, seed).astype(np.float32),
        random_state=seed,
        n_jobs=1,
        tqdm_kwds={
            "disable": False,
            "file": _Reports(on_progress),
            "bar_format": "{n_fmt}/{total_fmt}",
            "mininterval": SECONDS_BETWEEN_REPORTS,
        },
    )
    layout = model.fit_transform(reduced)
    on_progress(passes, passes)
    others = f"the number of other images, {len(points) - 1}"
    notes = [f"Neighbours were lowered from {n_neighbors:g} to {used}: {others}."] if used < n_neighbors else []
    return np.asarray(layout, np.float64), {"n_neighbors_used": used, "notes": notes, "made_by": made_by("umap-learn")}


def place_umap(
    points: np.ndarray,
    coordinates: np.ndarray,
    new_points: np.ndarray,
    seed: int,
    on_progress: ProgressCallback,
    details: Mapping[str, Any],
) -> np.ndarray:
    """Place new points on a map by umap-learn's `transform`: the others attract and repel them, and stay.

    The graph of the neighbours is made anew, which is quick; the map is not.

    Args:
        points: Those that the map is of, `(n_rows, n_features)`. Not modified.
        coordinates: Where they are, `(n_rows, n_components)`. Not modified.
        new_points: Finite, `(n_new, n_features)`. Not modified.
        seed: Of the map.
        on_progress: Called before and after; it stops the work by raising `Cancelled`.
        details: Of the map: `n_neighbors_used` and its parameter `min_dist`.

    Returns:
        Coordinates without unit, float64 `(n_new, n_components)`.

    Reference:
        As for `project_umap`.
    """
    from umap import UMAP

    on_progress(0, 1)
    reduced = principal_components(points, PCA_DIMENSIONS, seed).scores
    others = on_components(points, reduced, new_points)
    unit = np.abs(reduced).max()
    model = UMAP(
        n_components=coordinates.shape[1],
        n_neighbors=int(details["n_neighbors_used"]),
        min_dist=float(details["min_dist"]),
        n_epochs=0,  # the places are known
        init=start_layout(reduced / unit, coordinates.shape[1], seed).astype(np.float32),
        random_state=seed,
        transform_seed=seed,
        n_jobs=1,
    )
    model.fit(reduced / unit)
    model.embedding_ = coordinates.astype(np.float32)
    model.n_epochs = PLACING_EPOCHS
    placed = model.transform(others / unit)
    on_progress(1, 1)
    return np.asarray(placed, np.float64)


class _Reports(io.StringIO):
    """What umap-learn writes its progress bar to: "120/500"."""

    def __init__(self, on_progress: ProgressCallback) -> None:
        super().__init__()
        self._on_progress = on_progress

    def write(self, text: str) -> int:
        done, slash, total = text.strip().partition("/")
        if slash and done.isdecimal() and total.isdecimal():
            self._on_progress(int(done), int(total))
        return len(text)
