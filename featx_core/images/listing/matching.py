"""Which image each row of features is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from featx_core.images.listing.columns import Columns
from featx_core.images.listing.records import ImageRecord


class Matched(Sequence[ImageRecord | None]):
    """The image of each row, or None.

    Attributes:
        images: All images.
        places: int `(n_rows,)`, where the image of each row stands among them; -1 where there is none.
    """

    def __init__(self, images: Sequence[ImageRecord], places: np.ndarray) -> None:
        self.images, self.places = images, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> ImageRecord | None: ...
    @overload
    def __getitem__(self, index: slice) -> Matched: ...
    def __getitem__(self, index: int | slice) -> ImageRecord | Matched | None:
        if isinstance(index, slice):
            return Matched(self.images, self.places[index])
        place = int(self.places[index])
        return self.images[place] if place >= 0 else None

    def __iter__(self) -> Iterator[ImageRecord | None]:
        return (self.images[place] if place >= 0 else None for place in self.places.tolist())

    def __contains__(self, record: object) -> bool:
        return any(record == each for each in self)

    def of_rows(self, rows: np.ndarray) -> Matched:
        """Return the images of some rows."""
        return Matched(self.images, self.places[rows])

    @property
    def is_there(self) -> np.ndarray:
        """Whether each row has an image, bool `(n_rows,)`."""
        return self.places >= 0

    @property
    def has_any(self) -> bool:
        """Whether any row has an image."""
        return bool(self.is_there.any())

    def numbers(self, name: str) -> np.ndarray:
        """Return one attribute of the records that is a number, float64 `(n_rows,)`; NaN where there is no image."""
        found = np.full(len(self), np.nan)
        if self.has_any:
            found[self.is_there] = np.asarray(self._column(name))[self.places[self.is_there]]
        return found

    def texts(self, name: str) -> list[str | None]:
        """Return one attribute of the records that is a text; None where there is no image."""
        column = self._column(name)
        return [column[place] if place >= 0 else None for place in self.places.tolist()]

    def _column(self, name: str) -> Any:
        if isinstance(self.images, Columns):
            return self.images.column(name)
        return [getattr(record, name) for record in self.images]


def places_of(
    names: tuple[str, ...], digests: tuple[str, ...], known_names: tuple[str, ...], known_digests: tuple[str, ...]
) -> np.ndarray:
    """Return where the image of each row stands: by its digest, and among equal files by its name.

    Args:
        names: The name of each row.
        digests: The digest of each row.
        known_names: The name of each image, no two alike.
        known_digests: The digest of each image.

    Returns:
        int64 `(n_rows,)`; of equal files none of which has the name, the first one; -1 where there is no image.

    >>> places_of(("b", "x", "y"), ("1", "1", "2"), ("a", "b"), ("1", "1")).tolist()
    [1, 0, -1]
    """
    if digests == known_digests and names == known_names:
        return np.arange(len(names))
    first = {
        digest: place
        for place, digest in zip(range(len(known_names) - 1, -1, -1), reversed(known_digests), strict=True)
    }
    places = np.fromiter((first.get(digest, -1) for digest in digests), np.int64, len(digests))
    if len(first) < len(known_digests):  # some files are equal
        by_name = {name: place for place, name in enumerate(known_names)}
        for row, (name, digest) in enumerate(zip(names, digests, strict=True)):
            place = by_name.get(name, -1)
            if place >= 0 and known_digests[place] == digest:
                places[row] = place
    return places
