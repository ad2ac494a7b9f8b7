"""How many nearest neighbours of the user's own images another precision keeps, on a sample of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from featx_core.measures.neighbors import neighbor_rows, neighbors_shared

N_NEIGHBORS = 5
MIN_SAMPLE, MAX_SAMPLE = 16, 64
SHARE = 8
"""Of so many images, one is computed in float32 as well, up to `MAX_SAMPLE`."""
MAX_BYTES = 64_000_000  # of the inputs that are held
_BATCH = 8


class KeptNeighbors(NamedTuple):
    """What another precision does to neighbours.

    Attributes:
        share: Of each image's nearest neighbours that are the same in float32, mean over the images.
        n_images: On how many images that was measured; neighbours are sought among them.
    """

    share: float
    n_images: int

    def __str__(self) -> str:
        return (
            f"Among {self.n_images} of these images, {_percent(self.share)} of the {N_NEIGHBORS} nearest neighbours of each "
            "are those of float32."
        )


class Sample:
    """Some of the inputs of a run, evenly drawn, with the features that were computed of them.

    Reference:
        Vitter, "Random sampling with a reservoir", ACM Transactions on Mathematical Software 11, 1985: algorithm R.
    """

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._kept: list[tuple[np.ndarray, np.ndarray]] = []
        self._n_seen = 0

    def add(self, batch: np.ndarray, values: np.ndarray) -> None:
        """Look at a batch of inputs and its features; both are copied where they are kept."""
        limit = min(MAX_SAMPLE, max(MIN_SAMPLE, MAX_BYTES // max(1, batch[:1].nbytes)))
        for image, features in zip(batch, values, strict=True):
            place = self._n_seen if self._n_seen < limit else int(self._rng.integers(0, self._n_seen + 1))
            self._n_seen += 1
            if place < limit:
                self._kept[place : place + 1] = [(image.copy(), features.copy())]

    def compare(self, exact: Callable[[np.ndarray], np.ndarray]) -> KeptNeighbors | None:
        """Measure how many neighbours are kept.

        Args:
            exact: Computes features in float32.

        Returns:
            The share, exact in float64; None for fewer than `MIN_SAMPLE` images.
        """
        n_images = min(len(self._kept), max(MIN_SAMPLE, self._n_seen // SHARE))
        if n_images < MIN_SAMPLE:
            return None
        rows = self._rng.permutation(len(self._kept))[:n_images]
        images, found = (np.stack([self._kept[row][part] for row in rows]) for part in (0, 1))
        expected = np.concatenate([exact(images[start : start + _BATCH]) for start in range(0, n_images, _BATCH)])
        near, true = (neighbor_rows(values.reshape(n_images, -1), N_NEIGHBORS) for values in (found, expected))
        return KeptNeighbors(float(neighbors_shared(near, true).mean()), n_images)


def _percent(share: float) -> str:
    """Write a share, and never 100 % for one below 1.

    >>> _percent(0.99951), _percent(1.0)
    ('99.9 %', '100 %')
    """
    return "100 %" if share == 1 else f"{np.floor(1000 * share) / 10:g} %"
