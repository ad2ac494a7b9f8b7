"""Effects of augmentation: how far features move, relative to the distance between different images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.augmentation.copies import make_copies
from featx_core.augmentation.transforms import AUGMENTATIONS, Transforms, check_transforms
from featx_core.measures.neighbors import cosine_dissimilarities
from featx_core.robustness.sampling import Passes, draw_sample

if TYPE_CHECKING:
    import pandas as pd

    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageSet
    from featx_core.networks.extractor import Extractor

EFFECTS_VERSION = 1
"""Raised when the same input begins to give other numbers."""

N_COPIES = 3
MAX_IMAGES = 60
MIN_IMAGES = 3
SAME_FEATURES = 1e-6  # a mean distance below this is rounding
N_BOOTSTRAP = 2_000
INTERVAL = (2.5, 97.5)  # percent


@dataclass(frozen=True)
class Effect:
    """What one transform alone does.

    Attributes:
        transform: A key of `AUGMENTATIONS`.
        strength: How strong it was.
        ratio: Mean distance from images to their copies, over the mean distance between different images.
        low: Where the 95 % interval of the ratio begins.
        high: Where it ends.
        moved: For each image the mean distance to its copies, over the mean distance between different images.
    """

    transform: str
    strength: float
    ratio: float
    low: float
    high: float
    moved: tuple[float, ...]

    @property
    def title(self) -> str:
        """Its name as shown."""
        return AUGMENTATIONS[self.transform].title


@dataclass(frozen=True)
class Effects:
    """What each transform alone does to the features of some images, the one that moves them most first.

    Attributes:
        effects: One for each transform.
        names: The names of the images.
        digests: Their digests.
        distance: Mean distance between different images, from 0 to 2.
        n_copies: Copies of each image that were looked at for each transform.
        seed: Of the copies.
        notes: Sentences on what was left out.
    """

    effects: tuple[Effect, ...]
    names: tuple[str, ...]
    digests: tuple[str, ...]
    distance: float
    n_copies: int
    seed: int
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row a transform: `transform`, `strength`, `ratio`, `low`, `high`."""
        import pandas as pd

        columns = ("transform", "strength", "ratio", "low", "high")
        return pd.DataFrame([{name: getattr(each, name) for name in columns} for each in self.effects], columns=columns)

    @property
    def images(self) -> pd.DataFrame:
        """One row per image: `name`, and how far each transform moves it."""
        import pandas as pd

        return pd.DataFrame({"name": self.names, **{each.transform: each.moved for each in self.effects}})

    def movers(self, transform: str, limit: int = 6) -> list[tuple[int, float]]:
        """List the images that a transform moves most: which of `names`, and how far.

        Raises:
            ValueError: If the transform was not looked at.
        """
        found = [each for each in self.effects if each.transform == transform]
        if not found:
            known = ", ".join(each.transform for each in self.effects)
            raise ValueError(f"`transform` must be one of {known}. Received: {transform!r}.")
        order = np.argsort(-np.asarray(found[0].moved), kind="stable")[:limit]
        return [(int(row), found[0].moved[row]) for row in order]

    def to_bytes(self) -> bytes:
        """Write it for a workspace; `from_bytes` reads it."""
        plain = {name: value for name, value in vars(self).items() if name != "effects"}
        return json.dumps({**plain, "effects": [vars(each) for each in self.effects]}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Effects:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            fields = {name: _frozen(value) for name, value in json.loads(content).items()}
            effects = tuple(
                Effect(**{name: _frozen(value) for name, value in each.items()}) for each in fields.pop("effects")
            )
            return cls(effects=effects, **fields)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(
                "These are not stored effects of augmentation, or they are damaged. Measure again."
            ) from error


def augmentation_effects(
    images: ImageSet,
    extractor: Extractor,
    transforms: Transforms | None = None,
    *,
    n_copies: int = N_COPIES,
    seed: int = 0,
    on_progress: ProgressCallback | None = None,
) -> Effects:
    """Measure, for each transform alone, how far features move against how far different images lie apart.

    A ratio of 0 means that the features do not notice the transform; at 1, a changed copy is as far from its image as another
    image is. Distances are those between features scaled to length 1, as for neighbours. The interval comes from 2 000
    bootstrap draws of images, which are the units: for other images of this kind, the ratio would likely lie in it.

    Args:
        images: At least 3 different ones. At most 60 are looked at, chosen by their digests.
        extractor: Network and preprocessing. Of an augmented one, the extractor inside is measured.
        transforms: Keys of `AUGMENTATIONS` with their strengths, each looked at alone. None takes them all, each at its
            default strength.
        n_copies: Copies of each image for each transform.
        seed: Of the copies and of the bootstrap.
        on_progress: Called with images done and images in all.

    Raises:
        ValueError: If there are too few different images, their features are all the same or not finite, or a transform
            cannot be.
    """
    chosen = check_transforms(
        [(name, row.default) for name, row in AUGMENTATIONS.items()] if transforms is None else transforms
    )
    if not chosen or n_copies < 1:
        raise ValueError(f"At least 1 transform and 1 copy are needed. Received: {len(chosen)} and {n_copies}.")
    plain = extractor.plain
    sample = draw_sample(images, plain, MAX_IMAGES)
    n_images = len(sample.names)
    if n_images < MIN_IMAGES:
        raise ValueError(f"At least {MIN_IMAGES} different images are needed. Received: {n_images}.")
    passes = Passes(plain, n_images * (1 + n_copies * len(chosen)), on_progress)
    own = passes(sample.fitted)
    apart = _distances(own)
    distance = float(apart.sum() / (n_images * (n_images - 1)))
    if distance < SAME_FEATURES:
        raise ValueError("All images have identical features, so there is no distance to compare with.")
    effects = []
    for name, strength in chosen:
        copies = make_copies(sample.fitted, ((name, strength),), n_copies=n_copies, seed=seed, with_original=False)
        moved = np.mean([np.linalg.norm(passes(copies[:, i]) - own, axis=1) for i in range(n_copies)], axis=0)
        low, high = bootstrap_ratio(moved, apart, seed=seed)
        shares = tuple((moved / distance).tolist())
        effects.append(Effect(name, strength, float(moved.mean() / distance), low, high, shares))
    ranked = tuple(sorted(effects, key=lambda each: -each.ratio))
    return Effects(ranked, sample.names, sample.digests, distance, n_copies, seed, sample.notes)


def bootstrap_ratio(moved: np.ndarray, apart: np.ndarray, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the ratio of two means over the same images, by drawing images with replacement.

    Args:
        moved: How far each image moves, `(n_images,)`.
        apart: How far each two images lie apart, symmetric `(n_images, n_images)` with zeros in the diagonal.
        seed: Of the draws.

    Reference:
        Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13 (percentile interval). An image that is
        drawn twice makes no pair with itself.
    """
    n_images = len(moved)
    drawn = np.random.default_rng(seed).multinomial(n_images, np.full(n_images, 1 / n_images), size=N_BOOTSTRAP)
    weights = drawn.astype(np.float64)
    sums = np.einsum("bi,bi->b", weights @ apart, weights)
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    usable = sums > 0
    ratios = (weights @ moved)[usable] / n_images / (sums[usable] / pairs[usable])
    low, high = np.percentile(ratios, INTERVAL)
    return float(low), float(high)


def _distances(unit: np.ndarray) -> np.ndarray:
    found = np.sqrt(2 * cosine_dissimilarities(unit))
    np.fill_diagonal(found, 0)
    return np.asarray(found)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) and not (value and isinstance(value[0], Mapping)) else value
