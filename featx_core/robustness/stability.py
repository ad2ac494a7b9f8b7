"""Stability of nearest neighbours under small changes of images."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.augmentation.copies import make_copies
from featx_core.augmentation.transforms import PRESETS, Transforms
from featx_core.measures.neighbors import N_NEIGHBORS, cosine_dissimilarities, nearest_columns, neighbors_shared
from featx_core.robustness.sampling import Passes, draw_sample

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageSet
    from featx_core.networks.extractor import Extractor

STABILITY_VERSION = 1
"""Raised when the same input begins to give other numbers."""

MILD = PRESETS["mild"].transforms
MAX_IMAGES = 100
MIN_IMAGES = 5
N_COPIES = 2
N_BOOTSTRAP = 2_000


@dataclass(frozen=True)
class Stability:
    """How many neighbours stay the same under a mild augmentation.

    Attributes:
        value: The mean share of neighbours that stay, from 0 to 1.
        low: Where its 95 % interval begins, by a bootstrap over images.
        high: Where it ends.
        n_images: Images that it was measured on.
        n_neighbors: How many neighbours each has.
        notes: Sentences on what was left out.
    """

    value: float
    low: float
    high: float
    n_images: int
    n_neighbors: int
    notes: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Write it for a workspace; `from_bytes` reads it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Stability:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            fields = json.loads(content)
            return cls(**{**fields, "notes": tuple(fields["notes"])})
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError("This is not a stored stability, or it is damaged. Measure again.") from error


def neighbor_stability(
    images: ImageSet,
    extractor: Extractor,
    transforms: Transforms = MILD,
    *,
    seed: int = 0,
    on_progress: ProgressCallback | None = None,
) -> Stability:
    """Measure how many of each image's neighbours stay the same when its features come from a mildly changed copy.

    The neighbours are sought among the images as they are, by cosine; two copies of each image are looked at. It needs no
    labels, and says nothing about quality: features that are the same for all images would be perfectly stable in any sense
    but this one, where their neighbours are chance.

    Args:
        images: At least 5 different ones. At most 100 are looked at, chosen by their digests.
        extractor: Network and preprocessing, as returned by `build`.
        transforms: What is done to the copies.
        seed: Of the copies and of the bootstrap.
        on_progress: Called with images done and images in all.

    Raises:
        ValueError: If there are too few different images, or their features are not finite.
    """
    sample = draw_sample(images, extractor, MAX_IMAGES)
    n_images = len(sample.names)
    if n_images < MIN_IMAGES:
        raise ValueError(f"At least {MIN_IMAGES} different images are needed. Received: {n_images}.")
    n_neighbors = min(N_NEIGHBORS, (n_images - 1) // 3 + 1)
    passes, each = Passes(extractor, n_images * (1 + N_COPIES), on_progress), np.arange(n_images)
    own = passes(sample.fitted)
    usual = nearest_columns(cosine_dissimilarities(own), n_neighbors, each)
    copies = make_copies(sample.fitted, transforms, n_copies=N_COPIES, seed=seed, with_original=False)
    changed = [cosine_dissimilarities(passes(copies[:, i]), own) for i in range(N_COPIES)]
    found = [nearest_columns(apart, n_neighbors, each) for apart in changed]
    kept = np.mean([neighbors_shared(usual, rows) for rows in found], axis=0)
    low, high = _interval(kept, seed)
    return Stability(float(kept.mean()), low, high, n_images, n_neighbors, sample.notes)


def _interval(kept: np.ndarray, seed: int) -> tuple[float, float]:
    """Percentile interval of the mean, images drawn with replacement."""
    rows = np.random.default_rng(seed).integers(0, len(kept), (N_BOOTSTRAP, len(kept)))
    low, high = np.percentile(kept[rows].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)
