"""The rows of a set of images, taken as they come into the one array in which they stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from featx_core.workspace.vectors import VectorStore


class RowArray:
    """Takes rows by the digests of their images. None is held twice: of very many images, that would double the memory.

    Args:
        digests: Of the images, in their order. Equal images are listed more than once, and get one row.
    """

    def __init__(self, digests: Sequence[str]) -> None:
        self._digests = digests
        self._places: dict[str, int] = {}
        for place, digest in enumerate(digests):
            self._places.setdefault(digest, place)
        self._is_filled = np.zeros(len(digests), bool)
        self._n_rows = 0
        self._values = np.zeros((0, 0), np.float32)

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of a row; () while there is none."""
        return self._values.shape[1:] if self._n_rows else ()

    def __len__(self) -> int:
        return self._n_rows

    def __contains__(self, digest: str) -> bool:
        place = self._places.get(digest)
        return place is not None and bool(self._is_filled[place])

    def update(self, rows: Mapping[str, np.ndarray]) -> None:
        """Take rows. One that is there already is replaced; one of an image that is not listed is passed over.

        Args:
            rows: Digest to row, all of one shape; kept as float32.

        Raises:
            ValueError: If a row has another shape than those before it.
        """
        for digest, row in rows.items():
            place = self._places.get(digest)
            if place is None:
                continue
            if not self._n_rows:
                self._values = np.empty((len(self._digests), *row.shape), np.float32)
            if row.shape != self._values.shape[1:]:
                raise ValueError(
                    f"All rows must have one shape, here {self._values.shape[1:]}. Received: {row.shape}. "
                    "Extract the features anew."
                )
            self._n_rows += not self._is_filled[place]
            self._values[place], self._is_filled[place] = row, True

    def take(self, vectors: VectorStore, extractor_digest: str) -> None:
        """Take the rows of all images that a workspace holds, a few at a time.

        Args:
            vectors: Its vectors.
            extractor_digest: The digest of the spec that gave them.

        Raises:
            ValueError: If they are not all of one shape.
        """
        for rows in vectors.parts(extractor_digest, self._digests):
            self.update(rows)

    def in_order(self) -> tuple[np.ndarray, list[int]]:
        """Close gaps, and give equal images their rows. Nothing can be taken after it.

        Returns:
            float32 `(n_rows, *row_shape)`, and the place among the images of each row: those without one are left out.
        """
        if self._n_rows == len(self._digests):
            return self._values, list(range(self._n_rows))
        places = [place for place, digest in enumerate(self._digests) if digest in self]
        final: dict[str, int] = {}  # where the row of an image lies for good
        for at, place in enumerate(places):  # `at` never passes `place`: nothing unread is written over
            digest = self._digests[place]
            self._values[at] = self._values[final.get(digest, place)]
            final.setdefault(digest, at)
        return self._values[: len(places)], places
