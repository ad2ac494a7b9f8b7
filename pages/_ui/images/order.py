"""The order of images on a page, and those that a search finds."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from featx_core.images.image_set import ImageRecord, ImageSet


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return what sorts texts as they are read: 2 before 10.

    >>> sorted(["b10", "b2", "A1"], key=natural)
    ['A1', 'b2', 'b10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]


_natural_label = functools.lru_cache(maxsize=4_096)(natural)


def _by_label(record: ImageRecord) -> Any:
    return record.label is None, _natural_label(record.label or ""), natural(record.name)


ORDERS: Mapping[str, tuple[str, Callable[[ImageRecord], Any] | None, bool]] = MappingProxyType(
    {
        "name": ("Name", lambda record: natural(record.name), False),
        "label": ("Label", _by_label, False),
        "added": ("Last added", None, True),
        "bright": ("Brightest", lambda record: record.brightness, True),
        "large": ("Largest", lambda record: record.width * record.height, True),
    }
)
"""Title, what is sorted by (None: as they came), and whether the greatest comes first."""


def in_order(images: ImageSet, name: str = "name") -> ImageSet:
    """Return images in one of `ORDERS`."""
    return images.once(("order", name), lambda: _in_order(images, name))


def _in_order(images: ImageSet, name: str) -> ImageSet:
    _, key, is_reversed = ORDERS[name]
    if key is None:
        return ImageSet(list(images)[::-1] if is_reversed else images)
    return ImageSet(sorted(images, key=key, reverse=is_reversed))


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
    texts: Sequence[str] = images.once("texts", lambda: [_text(record) for record in images])
    if says:
        texts = [
            f"{text} {says.get(digest, '').casefold()}" for text, digest in zip(texts, images.digests, strict=True)
        ]
    return ImageSet(record for record, text in zip(images, texts, strict=True) if all(word in text for word in words))


def _text(record: ImageRecord) -> str:
    return f"{record.path} {record.name} {record.label or ''}".casefold()
