"""A sequence of images whose bytes stay in the workspace until needed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from featx_core.base.files.digests import digest_of_all
from featx_core.images.listing.columns import Columns
from featx_core.images.listing.matching import Matched, places_of
from featx_core.images.listing.records import ImageGoneError, ImageRecord, Keeper, UnreadImageError

if TYPE_CHECKING:
    from featx_core.images.listing.columns import Facts

__all__ = ["Found", "ImageGoneError", "ImageRecord", "ImageSet", "Keeper", "Matched", "UnreadImageError"]

Found = TypeVar("Found")


class ImageSet(Sequence[ImageRecord]):
    """Images in a fixed order. Cheap: it holds what is known of them, not pixels.

    Args:
        records: The images. `Columns` stay columns: of very many images, records are made where they are asked for.
    """

    def __init__(self, records: Iterable[ImageRecord]) -> None:
        self._records: Sequence[ImageRecord] = records if isinstance(records, Columns) else tuple(records)
        self._found: dict[Hashable, Any] = {}

    def once(self, about: Hashable, find: Callable[[], Found], *, of_labels: bool = True) -> Found:
        """Find something out about all of these images, and keep it with them: the next time it is there already.

        Args:
            about: Names what is found.
            find: Finds it.
            of_labels: Whether it depends on labels. What does not is there also after labels were changed.
        """
        found = self._found
        if not of_labels and isinstance(self._records, Columns) and self._records.is_whole:
            found = self._records.facts.found
        if about not in found:
            found[about] = find()
        result: Found = found[about]
        return result

    @overload
    def __getitem__(self, index: int) -> ImageRecord: ...
    @overload
    def __getitem__(self, index: slice) -> ImageSet: ...
    def __getitem__(self, index: int | slice) -> ImageRecord | ImageSet:
        return ImageSet(self._records[index]) if isinstance(index, slice) else self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[ImageRecord]:
        return iter(self._records)

    def __repr__(self) -> str:
        return f"ImageSet({len(self)} images)"

    @property
    def names(self) -> list[str]:
        """The name of each image."""
        return list(self._names)

    @property
    def labels(self) -> list[str | None]:
        """The label of each image, None where it has none."""
        return list(self._labels)

    @property
    def digests(self) -> list[str]:
        """The SHA-256 of each image's bytes."""
        return list(self._digests)

    @property
    def paths(self) -> list[str]:
        """Where each image lay, with its folders."""
        return [path or name for path, name in zip(self.column("path"), self._names, strict=True)]

    def column(self, name: str) -> Any:
        """Return one attribute of all images, by its name: numbers as an array, all else as a tuple."""
        if isinstance(self._records, Columns):
            return self._records.column(name)
        found = tuple(getattr(record, name) for record in self._records)
        return np.array(found) if name in ("width", "height", "brightness") else found

    @property
    def facts(self) -> Facts | None:
        """What is known of these images but their labels, as columns, where it is all images of a workspace."""
        records = self._records
        return records.facts if isinstance(records, Columns) and records.is_whole else None

    @functools.cached_property
    def digest_of_all(self) -> str:
        """A digest of which images these are, in which order; labels and names do not count."""
        return self.once("digest of all", lambda: digest_of_all(self._digests), of_labels=False)

    @functools.cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.column("name"))

    @functools.cached_property
    def _labels(self) -> tuple[str | None, ...]:
        return tuple(self.column("label"))

    @functools.cached_property
    def _digests(self) -> tuple[str, ...]:
        return tuple(self.column("digest"))

    def of_rows(self, rows: np.ndarray) -> ImageSet:
        """Return some of the images: those at some places, int `(n_rows,)`, or where a mask `(n_images,)` says so."""
        if isinstance(self._records, Columns):
            return ImageSet(self._records.take(rows))
        return ImageSet(self._records[row] for row in np.arange(len(self))[rows].tolist())

    def named(self, names: Iterable[str]) -> ImageSet:
        """Return the images that have one of some names, in their own order. Names that are not there are passed over."""
        wanted = set(names)
        rows = [row for row, name in enumerate(self._names) if name in wanted] if wanted else []
        return self.of_rows(np.array(rows, int))

    def by_digest(self, digests: Iterable[str]) -> dict[str, ImageRecord]:
        """Return the images of some digests, of equal files the first one. Digests that are not there are passed over."""
        wanted = list(digests)
        places = self.places_of_digests(wanted)
        return {digest: self[place] for digest, place in zip(wanted, places.tolist(), strict=True) if place >= 0}

    def places_of_digests(self, digests: Sequence[str]) -> np.ndarray:
        """Return where the first image of each of some digests stands, int `(n_digests,)`; -1 where there is none."""
        wanted = set(digests)
        first: dict[str, int] = {}
        for place, digest in enumerate(self._digests):
            if digest in wanted:
                first.setdefault(digest, place)
        return np.fromiter((first.get(digest, -1) for digest in digests), np.int64, len(digests))

    def select(self, names: Iterable[str]) -> ImageSet:
        """Return the images of these names, in the order of the names.

        Raises:
            KeyError: If there is no image of such a name.
        """
        places = {name: row for row, name in enumerate(self._names)}
        return self.of_rows(np.array([places[name] for name in names], int))

    def at(self, places: np.ndarray) -> Matched:
        """Return the images at some places, int `(n_rows,)`, -1 for none."""
        return Matched(self._records, places)

    def matching(self, names: Iterable[str], digests: Iterable[str]) -> Matched:
        """Return the image that each row of features is of: by its digest, and among equal files by its name; else None."""
        return Matched(self._records, places_of(tuple(names), tuple(digests), self._names, self._digests))
