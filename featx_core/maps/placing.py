"""New rows on an old map: placed among the others, which stay where they are."""

from __future__ import annotations

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.maps.copies import together
from featx_core.maps.projection import Projection, one_thread, spaced, trust_details
from featx_core.maps.registry import PROJECTIONS


def place(
    base: Projection, vectors: np.ndarray, n_base: int, *, on_progress: ProgressCallback | None = None
) -> Projection:
    """Place rows that came later on the map of the first rows.

    By PCA's own projection, which is exact, or by openTSNE and umap-learn: each new row starts in the middle of its
    neighbours and is then moved, while all others stay. Two new rows that are neighbours do not attract each other.

    Args:
        base: The map of the first `n_base` rows, as `project` gave it.
        vectors: All rows, `(n_rows, n_features)`. Not modified. New rows that are not finite are left out.
        n_base: How many of them came first.
        on_progress: Called with steps done and steps in all.

    Returns:
        The map of all: the first as they were, then the new ones. `details` also hold `is_placed`, uint8 `(n_rows,)`; the
        measures of trust are of all rows.

    Raises:
        ValueError: If the map is of a kind that takes no new rows, or not of these first rows.
    """
    placer = PROJECTIONS[base.name].placer
    if placer is None:
        raise ValueError(f"{PROJECTIONS[base.name].title} places no new images here. Lay the map out anew.")
    if not 0 < n_base <= len(vectors) or (len(base.rows) and base.rows[-1] >= n_base):
        raise ValueError(f"`n_base` must be the number of rows that the map is of. Received: {n_base}.")
    new = n_base + np.flatnonzero(np.isfinite(vectors[n_base:]).all(axis=1))
    rows = np.concatenate([base.rows, new])
    seed = int(base.parameters["seed"])
    with one_thread():
        coordinates = base.coordinates
        if len(new):
            about = {**base.parameters, **base.details}
            found = placer(vectors[base.rows], base.coordinates, vectors[new], seed, on_progress or _silent, about)
            coordinates = np.concatenate([coordinates, np.asarray(found, np.float32)])
            coordinates = together(vectors[rows], coordinates, len(base.rows))
        details = base.details | trust_details(vectors[rows], coordinates, seed)
    details["is_placed"] = (np.arange(len(rows)) >= len(base.rows)).astype(np.uint8)
    details["notes"] = [*base.details["notes"], *_notes(len(new), len(vectors) - n_base - len(new))]
    return Projection(coordinates, rows, base.name, base.parameters, details)


def _notes(n_placed: int, n_bad: int) -> list[str]:
    notes = []
    if n_placed:
        verb = "was" if n_placed == 1 else "were"
        images = "image that came later" if n_placed == 1 else "images that came later"
        notes.append(
            f"{spaced(n_placed)} {images}, in a ring, {verb} placed on this map; all others stay where they were."
        )
    if n_bad:
        notes.append(
            f"{spaced(n_bad)} of the later ones were left out: their features hold values that are not finite."
        )
    return notes


def _silent(done: int, total: int) -> None:
    pass
