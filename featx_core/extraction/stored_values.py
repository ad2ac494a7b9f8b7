"""Features that stay in the workspace until they are needed: of very many images, some rows are read at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from featx_core.workspace.vectors import VectorStore

ROWS_AT_ONCE = 4_096


class StoredValues:
    """Reads like a float32 array `(n_rows, *feature_shape)`: taking rows reads these, `np.asarray` reads all of them.

    Args:
        vectors: Where they are.
        extractor_digest: The digest of the spec that gave them.
        digests: The image of each row.
        feature_shape: The shape of one row. A row that is damaged, gone or of another shape is NaN.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self, vectors: VectorStore, extractor_digest: str, digests: Sequence[str], feature_shape: tuple[int, ...]
    ) -> None:
        self._vectors, self._extractor, self._digests = vectors, extractor_digest, digests
        self.shape = (len(digests), *feature_shape)

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Their bytes, once they are read."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, rows: Sequence[int] | np.ndarray | slice) -> np.ndarray:
        places = np.arange(len(self))[rows].tolist()
        found = np.full((len(places), *self.shape[1:]), np.nan, self.dtype)
        self._read(places, found)
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("These features are in the workspace: an array of them is always a copy.")
        found = np.full(self.shape, np.nan, self.dtype)
        for start, part in self.blocks():
            found[start : start + len(part)] = part
        return found if dtype is None else found.astype(dtype)

    def some(self, rows: np.ndarray) -> StoredValues:
        """Return some of the rows without reading them."""
        digests = [self._digests[row] for row in rows.tolist()]
        return StoredValues(self._vectors, self._extractor, digests, self.shape[1:])

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Read all rows, some at a time: the place of the first, and float32 `(n, *feature_shape)`."""
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield start, self[start : start + ROWS_AT_ONCE]

    def _read(self, places: Sequence[int], out: np.ndarray) -> None:
        for start in range(0, len(places), ROWS_AT_ONCE):
            digests = [self._digests[place] for place in places[start : start + ROWS_AT_ONCE]]
            rows = self._vectors.load(self._extractor, digests)
            for at, digest in enumerate(digests, start):
                row = rows.get(digest)
                if row is not None and row.shape == self.shape[1:]:
                    out[at] = row
