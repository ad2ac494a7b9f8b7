"""The images of a workspace as a list. After a change what was changed is read again, not all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from featx_core.images.image_set import Found, ImageSet
from featx_core.images.listing.columns import Columns, Facts
from featx_core.workspace.arrivals import image_sizes
from featx_core.workspace.last_intake import LastIntake, Mark

if TYPE_CHECKING:
    from featx_core.images.image_set import Keeper
    from featx_core.workspace.store import Store

_TEXTS = ("id", "content_id", "name", "label", "path", "width", "height", "format", "notes")
_FACTS = f"SELECT {', '.join(f'json_group_array({name})' for name in _TEXTS)} FROM images NOT INDEXED WHERE id > ?"
"""Each column as JSON: of very many rows this takes half the time of the rows themselves."""

_LIGHT = "SELECT brightness FROM images NOT INDEXED WHERE id > ?"  # as JSON it would lose digits
_LABELS = "SELECT json_group_array(id), json_group_array(label) FROM images NOT INDEXED WHERE id <= ?"
_DIGESTS = "SELECT json_group_array(id), json_group_array(digest) FROM contents"  # from its index alone
_TRIES = 3  # while others bring images in


class ImageLists(LastIntake):
    """The part of a workspace that lists and counts its images."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._sized: tuple[Mark, tuple[int, int]] | None = None  # as they were at a mark of the images
        self._listed: tuple[Mark, ImageSet] | None = None  # as they were at a mark

    def size(self) -> tuple[int, int]:
        """Count the images, and the bytes of their files (equal files once)."""
        mark, sized = self._images_mark()._replace(labelings=None), self._sized
        if sized is None or sized[0] != mark:
            after, (n_images, n_bytes) = 0, (0, 0)
            if sized is not None and sized[0].changes == mark.changes:  # images came in, and that was all
                after, (n_images, n_bytes) = sized[0].newest or 0, sized[1]
            more = image_sizes(self._store, after)
            self._sized = sized = mark, (n_images + more[0], n_bytes + more[1])
        return sized[1]

    def images(self) -> ImageSet:
        """List all images in the order in which they came."""
        mark, listed = self._images_mark(), self._listed
        if listed is None or listed[0] != mark:
            self._listed = listed = mark, self._grown(*listed, mark) if listed is not None else self._read(mark)
        return listed[1]

    def _about_images(self, about: Hashable, find: Callable[[], Found]) -> Found:
        return self.images().once(about, find, of_labels=False)

    def _labels_of(self, names: Sequence[str]) -> tuple[str | None, ...]:
        images = self.images()
        if len(names) == len(images):
            return tuple(images.column("label"))
        wanted = set(names)
        return tuple(label for name, label in zip(images.names, images.labels, strict=True) if name in wanted)

    def _read(self, mark: Mark) -> ImageSet:
        """List all images anew."""
        for _ in range(_TRIES):
            facts, labels = self._facts_after(0)
            if len(facts) == mark.n_images:
                break
            self._marked = None  # others came in or went between two queries
            mark = self._images_mark()
        return ImageSet(Columns(facts, labels))

    def _grown(self, before: Mark, images: ImageSet, now: Mark) -> ImageSet:
        """List images again of which some came in, or whose labels were changed, and read no more than that."""
        known, labels = images.facts, images.column("label")
        if known is None or not len(known) or now.changes != before.changes:
            return self._read(now)
        if now.labelings != before.labelings:
            numbers, labels = self._read_columns(_LABELS, int(known.number[-1]))
            labels = _shared(labels)
            if not np.array_equal(numbers, known.number):
                return self._read(now)
        if now.newest != before.newest:
            more, more_labels = self._facts_after(int(known.number[-1]))
            known, labels = _joined(known, more), _shared(labels + more_labels)
        return ImageSet(Columns(known, labels)) if len(known) == now.n_images else self._read(now)

    def _facts_after(self, number: int) -> tuple[Facts, tuple[str | None, ...]]:
        """Read the facts and labels of the images whose ids are greater than a number."""
        numbers, contents, names, labels, paths, widths, heights, forms, notes = self._read_columns(_FACTS, number)
        light = [value for (value,) in self._store.rows(_LIGHT, (number,))]
        least = f" WHERE id >= {int(min(contents, default=0))}" if number else ""
        digests = dict(zip(*self._read_columns(_DIGESTS + least), strict=True))
        noted = {text: tuple(json.loads(text)) for text in set(notes)}
        facts = Facts(
            np.array(numbers, np.int64),
            np.array(contents, np.int64),
            tuple(names),
            tuple(map(digests.__getitem__, contents)),
            tuple([path or name for path, name in zip(paths, names, strict=True)]),
            np.array(widths, np.int64),
            np.array(heights, np.int64),
            _shared(forms),
            np.array(light, np.float64),
            tuple(map(noted.__getitem__, notes)),
            cast("Keeper", self),
        )
        return facts, _shared(labels)

    def _read_columns(self, query: str, *parameters: int) -> list[list[Any]]:
        return [json.loads(column) for column in self._store.rows(query, parameters)[0]]


def _joined(first: Facts, second: Facts) -> Facts:
    names = ("number", "content", "name", "digest", "path", "width", "height", "format", "brightness", "notes")
    pairs = {name: (getattr(first, name), getattr(second, name)) for name in names}
    columns: dict[str, Any] = {
        name: np.concatenate(pair) if isinstance(pair[0], np.ndarray) else pair[0] + pair[1]
        for name, pair in pairs.items()
    }
    return Facts(**columns, keeper=first.keeper)


def _shared(texts: Sequence[Any]) -> tuple[Any, ...]:
    """Return the same object for equal texts: very many images share labels and formats."""
    known = {text: text for text in texts}
    return tuple(map(known.__getitem__, texts))
