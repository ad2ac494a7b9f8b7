"""Inputs of a comparison, brought into one order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.base.wording import counted
from featx_core.comparison.tables import CHANCE, COLORS, Facts
from featx_core.extraction.features import Features
from featx_core.images.duplicates import Sketches, duplicate_groups, sketch
from featx_core.learning.labels_seen import home_of, images_seen, saw_labels
from featx_core.measures.folds import image_keys

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageSet
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace


Load = Callable[[], np.ndarray]
"""Loads the features of one extractor, `(n_images, n_features)`. It may be called more than once."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """Feature spaces of the same images in the same order, and what is known of the images.

    Attributes:
        spaces: For each extractor, by what to call it, what loads its features.
        keys: Names each image by its content, such as its digest.
        labels: One an image, or None.
        groups: One an image, as `find_groups` gives them. None: images with equal keys belong together.
        colors: Colour histograms `(n_images, n_colors)`, the baseline, or None.
        facts: What is known of the extractors.
        notes: Sentences on what was left out.
        noun: What to call one of the images in words: "row" when they are not images.
        seen: For each extractor that learned from labels, the keys of the images whose labels it learned from, as
            `featx_core.learning.labels_seen.images_seen` gives them; None: any may be among them.
    """

    spaces: Mapping[str, Load]
    keys: Sequence[str]
    labels: Sequence[Any] | None = None
    groups: np.ndarray | None = None
    colors: np.ndarray | None = None
    facts: Mapping[str, Facts] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    noun: str = "image"
    seen: Mapping[str, Collection[str] | None] = field(default_factory=dict)


def align(
    features: Mapping[str, Features | np.ndarray],
    labels: Sequence[Any] | None,
    *,
    images: ImageSet | None = None,
    groups: Sequence[Any] | np.ndarray | None = None,
    color_histograms: np.ndarray | None = None,
    workspace: Workspace | None = None,
) -> Inputs:
    """Bring features of the same images into the same order. Arguments as for `compare`.

    Raises:
        ValueError: If there are no features, or they are not of the same images.
    """
    _check_names(features)
    workspace = home_of(images) if workspace is None else workspace
    features = {name: each.per_image() if isinstance(each, Features) else each for name, each in features.items()}
    known = {name: each for name, each in features.items() if isinstance(each, Features)}
    n_images = len(images) if images is not None else len(next(iter(features.values())))
    _check_lengths(n_images, labels=labels, groups=groups, color_histograms=color_histograms)
    if images is None:
        kept, vectors = np.arange(n_images), _same(features)
        keys: Sequence[str] = next(iter(known.values())).digests if known else image_keys(list(vectors.values()))
    else:
        kept, vectors = _matched(features, images)
        keys = [images.digests[row] for row in kept]
    is_all_given = groups is not None and color_histograms is not None
    sketches = None if images is None or is_all_given else sketch([images[int(row)] for row in kept])
    return Inputs(
        spaces={name: functools.partial(_loaded, each) for name, each in vectors.items()},
        keys=keys,
        labels=None if labels is None else [list(labels)[row] for row in kept],
        groups=find_groups(sketches, keys, vectors.values()) if groups is None else np.asarray(groups)[kept],
        colors=_colors(color_histograms, sketches, kept),
        facts={name: facts_of(each.spec, each.details) for name, each in known.items()},
        notes=_left_out(n_images - len(kept)),
        seen={name: images_seen(each.spec, workspace) for name, each in known.items() if saw_labels(each.spec)},
    )


def find_groups(
    sketches: Sketches | None,
    digests: Sequence[str],
    vectors: Iterable[np.ndarray],
    on_progress: ProgressCallback | None = None,
) -> np.ndarray:
    """Return the group of each image; images of one group are never on both sides of a test.

    Args:
        sketches: What the thumbnails show: near-duplicates then belong together. None where there are no images: rows that
            are equal in every space then do.
        digests: Of the images; equal ones belong together in any case.
        vectors: For each space `(n_images, n_features)`. Not looked at where there are images.
        on_progress: Called with images compared and images in all.
    """
    if sketches is None:
        return np.array(image_keys(list(vectors)))
    return duplicate_groups(sketches, digests=digests, on_progress=on_progress)


def facts_of(spec: Spec, details: Mapping[str, Any]) -> Facts:
    """Read off a run, or off features, what is known of their extractor."""
    return Facts(spec.badge, details.get("n_parameters"), details.get("ms_per_image"))


def _left_out(n_images: int) -> tuple[str, ...]:
    return (f"{counted(n_images, 'image')} without features from every extractor left out.",) if n_images else ()


def _check_lengths(n_images: int, **given: Sized | None) -> None:
    for title, each in given.items():
        if each is not None and len(each) != n_images:
            raise ValueError(f"`{title}` must have one entry for each of {n_images} images. Received: {len(each)}.")


def _loaded(vectors: np.ndarray) -> np.ndarray:
    return vectors


def _colors(given: np.ndarray | None, sketches: Sketches | None, kept: np.ndarray) -> np.ndarray | None:
    if given is not None:
        return np.asarray(np.asarray(given)[kept])
    return None if sketches is None else sketches.color_histograms


def _check_names(features: Mapping[str, Features | np.ndarray]) -> None:
    if not features:
        raise ValueError("`features` is empty. Give the features of at least one extractor.")
    taken = [name for name in features if name in (COLORS, CHANCE)]
    if taken:
        raise ValueError(f"{taken[0]!r} is the name of a baseline. Rename the extractor.")


def _matched(
    features: Mapping[str, Features | np.ndarray], images: ImageSet
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rows of the images that all extractors have features of, and those features in their order."""
    places = {name: _places(name, each, images) for name, each in features.items()}
    kept = [row for row, image in enumerate(images.names) if all(image in found for found in places.values())]
    if not kept:
        raise ValueError("No image has features of every extractor. Extract from the same images with each.")
    names = [images.names[row] for row in kept]
    vectors = {name: _vectors(name, each)[[places[name][one] for one in names]] for name, each in features.items()}
    return np.array(kept), vectors


def _places(name: str, features: Features | np.ndarray, images: ImageSet) -> dict[str, int]:
    if isinstance(features, Features):
        by_name = {image: row for row, image in enumerate(features.names)}
        by_digest = {digest: row for row, digest in enumerate(features.digests)}
        found = {image.name: by_name.get(image.name, by_digest.get(image.digest)) for image in images}
        return {image: row for image, row in found.items() if row is not None}
    if len(features) != len(images):
        raise ValueError(
            f"The features of {name!r} must have {len(images)} rows, one per image. Received: {len(features)}."
        )
    return {image: row for row, image in enumerate(images.names)}


def _same(features: Mapping[str, Features | np.ndarray]) -> dict[str, np.ndarray]:
    """The features, when they are of the same images in the same order."""
    vectors = {name: _vectors(name, each) for name, each in features.items()}
    lengths = {len(each) for each in vectors.values()}
    digests = {each.digests for each in features.values() if isinstance(each, Features)}
    if len(lengths) > 1 or len(digests) > 1:
        raise ValueError(
            "The features must belong to the same images in the same order. Pass `images` to match them by name, or "
            f"extract again. Received: {', '.join(f'{name!r} with {len(each)}' for name, each in vectors.items())}."
        )
    return vectors


def _vectors(name: str, features: Features | np.ndarray) -> np.ndarray:
    vectors = features.vectors if isinstance(features, Features) else np.asarray(features)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(
            f"The features of {name!r} must have shape `(n_images, n_features)`, none 0. Received: {vectors.shape}. "
            "Flatten each image's features."
        )
    return vectors
