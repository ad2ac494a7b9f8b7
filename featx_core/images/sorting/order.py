"""The order of images on a page, and those that a search finds."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from featx_core.images.image_set import ImageSet
from featx_core.images.sorting.natural import natural_keys, natural_order


def _by_name(images: ImageSet) -> np.ndarray:
    return images.once("order by name", lambda: natural_order(images.names), of_labels=False)


def _by_label(images: ImageSet) -> np.ndarray:
    by_name, (labels, codes) = _by_name(images), codes_of_labels(images)
    keys = natural_keys([label or "" for label in labels])
    known = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    ranks = [len(known) if label is None else known[key] for label, key in zip(labels, keys, strict=True)]
    return by_name[np.argsort(np.array(ranks, int)[codes[by_name]], kind="stable")]


def _last_added(images: ImageSet) -> np.ndarray:
    return np.arange(len(images))[::-1]


def _brightest(images: ImageSet) -> np.ndarray:
    return np.argsort(-images.column("brightness"), kind="stable")


def _largest(images: ImageSet) -> np.ndarray:
    return np.argsort(-images.column("width") * images.column("height"), kind="stable")


ORDERS: Mapping[str, tuple[str, Callable[[ImageSet], np.ndarray]]] = MappingProxyType(
    {
        "name": ("Name", _by_name),
        "label": ("Label", _by_label),
        "added": ("Last added", _last_added),
        "bright": ("Brightest", _brightest),
        "large": ("Largest", _largest),
    }
)
"""Title, and what gives the place of the first image, of the second, ..."""


def in_order(images: ImageSet, name: str = "name") -> ImageSet:
    """Return images in one of `ORDERS`."""
    return images.once(("order", name), lambda: images.of_rows(ORDERS[name][1](images)) if len(images) else images)


def codes_of_labels(images: ImageSet) -> tuple[list[str | None], np.ndarray]:
    """Return the different labels as they come, None among them, and for each image which one it has, int `(n_images,)`."""

    def find() -> tuple[list[str | None], np.ndarray]:
        found = images.labels
        known = {label: code for code, label in enumerate(dict.fromkeys(found))}
        return list(known), np.fromiter(map(known.__getitem__, found), np.int64, len(found))

    return images.once("codes of labels", find)


def n_labels(images: ImageSet) -> int:
    """Count the different labels."""
    return len(set(codes_of_labels(images)[0]) - {None, ""})


def of_label(images: ImageSet, label: str | None) -> ImageSet:
    """Return the images that have a label; with None those that have none."""
    labels, codes = codes_of_labels(images)
    return images.of_rows(codes == (labels.index(label) if label in labels else -1))


def noted(images: ImageSet) -> ImageSet:
    """Return the images to which something was done on the way in."""

    def find() -> np.ndarray:
        return np.flatnonzero([bool(notes) for notes in images.column("notes")])

    return images.of_rows(images.once("noted", find, of_labels=False))


def varied(images: ImageSet, n_images: int) -> ImageSet:
    """Return a few images: the first of each label, as they come, then the first of the others."""
    _, codes = codes_of_labels(images)
    firsts = np.unique(codes, return_index=True)[1][:n_images]
    others = (row for row in range(len(images)) if row not in set(firsts.tolist()))
    return images.of_rows(np.array([*firsts.tolist(), *itertools.islice(others, n_images - len(firsts))], int))


def matching(images: ImageSet, wanted: str, says: Mapping[str, str] | None = None) -> ImageSet:
    """Return the images whose name, label or predicted class holds every word that is searched for.

    Args:
        images: Where to search.
        wanted: Words.
        says: What a network calls each image, by digest, where that is known.
    """
    words = wanted.casefold().split()
    if not words:
        return images
    texts: Sequence[str] = images.once("texts", lambda: _texts(images), of_labels=False)
    labels, codes = codes_of_labels(images)
    called = [] if not says else [says.get(digest, "").casefold() for digest in images.digests]
    is_found = np.ones(len(images), bool)
    for word in words:
        has_word = np.fromiter((word in text for text in texts), bool, len(texts))
        has_word |= np.array([word in (label or "").casefold() for label in labels], bool)[codes]
        if called:
            has_word |= np.fromiter((word in text for text in called), bool, len(called))
        is_found &= has_word
    return images.of_rows(is_found)


def _texts(images: ImageSet) -> list[str]:
    return [f"{path} {name}".casefold() for path, name in zip(images.paths, images.names, strict=True)]
