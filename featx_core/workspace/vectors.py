"""Feature vectors, stored once per extractor and image content, each with a checksum."""

from __future__ import annotations

import functools
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from featx_core.workspace.store import Store

_VARIABLES_A_QUERY = 500


class VectorStore:
    """The vectors of a workspace: float32 arrays under (extractor digest, image digest)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, extractor_digest: str, values: Mapping[str, np.ndarray]) -> None:
        """Keep one array for each image digest. What was there under the same key is replaced.

        Args:
            extractor_digest: The digest of the spec that gave the arrays.
            values: Image digest to an array of any shape; it is stored as float32.
        """
        n_bytes = sum(4 * array.size for array in values.values())
        with self._store.transaction(n_bytes=n_bytes) as connection:
            connection.execute("INSERT OR IGNORE INTO extractors (digest) VALUES (?)", (extractor_digest,))
            connection.executemany(
                "INSERT OR REPLACE INTO vectors (extractor_id, content_id, shape, checksum, value)"
                " SELECT extractors.id, contents.id, ?, ?, ? FROM extractors, contents"
                " WHERE extractors.digest = ? AND contents.digest = ?",
                (_row(array, extractor_digest, digest) for digest, array in values.items()),
            )

    def load(self, extractor_digest: str, image_digests: Iterable[str]) -> dict[str, np.ndarray]:
        """Fetch what is stored. A damaged entry counts as not stored.

        Returns:
            Image digest to a read-only float32 array, for those images that have one.
        """
        found: dict[str, np.ndarray] = {}
        for part in self.parts(extractor_digest, image_digests):
            found |= part
        return found

    def parts(self, extractor_digest: str, image_digests: Iterable[str]) -> Iterator[dict[str, np.ndarray]]:
        """Fetch what is stored as `load` does, a few hundred at a time."""
        wanted = list(dict.fromkeys(image_digests))
        for start in range(0, len(wanted), _VARIABLES_A_QUERY):
            part = wanted[start : start + _VARIABLES_A_QUERY]
            rows = self._store.rows(
                "SELECT contents.digest, vectors.shape, vectors.checksum, vectors.value FROM extractors"
                " CROSS JOIN contents"  # in this order: SQLite would look at all vectors of the extractor for each part
                " CROSS JOIN vectors ON vectors.extractor_id = extractors.id AND vectors.content_id = contents.id"
                f" WHERE extractors.digest = ? AND contents.digest IN ({', '.join('?' * len(part))})",
                (extractor_digest, *part),
            )
            arrays = ((digest, _array(shape, checksum, value)) for digest, shape, checksum, value in rows)
            yield {digest: array for digest, array in arrays if array is not None}

    def stored(self, extractor_digest: str) -> set[str]:
        """List the image digests that have an array, without reading the arrays."""
        rows = self._store.rows(
            "SELECT contents.digest FROM vectors JOIN extractors ON extractors.id = vectors.extractor_id"
            " JOIN contents ON contents.id = vectors.content_id WHERE extractors.digest = ?",
            (extractor_digest,),
        )
        return {digest for (digest,) in rows}

    def stored_contents(self, extractor_digest: str) -> np.ndarray:
        """List the files that have an array, as the workspace calls them, int64 `(n_files,)`: quick also for very many."""
        query = (
            "SELECT json_group_array(content_id) FROM vectors"
            " WHERE extractor_id = (SELECT id FROM extractors WHERE digest = ?) AND typeof(content_id) = 'integer'"
        )
        return np.array(json.loads(self._store.value(query, (extractor_digest,))), np.int64)

    def remove(self, extractor_digest: str) -> None:
        """Forget all arrays of one extractor."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM vectors WHERE extractor_id IN (SELECT id FROM extractors WHERE digest = ?)",
                (extractor_digest,),
            )
            connection.execute("DELETE FROM extractors WHERE digest = ?", (extractor_digest,))

        self._store.free(work)


def _row(array: np.ndarray, extractor_digest: str, image_digest: str) -> tuple[str, int, bytes, str, str]:
    value = np.ascontiguousarray(array, dtype="<f4").tobytes()
    return json.dumps(list(array.shape)), zlib.crc32(value), value, extractor_digest, image_digest


def _array(shape: str, checksum: int, value: bytes) -> np.ndarray | None:
    if not isinstance(value, bytes) or zlib.crc32(value) != checksum:
        return None
    try:
        return np.frombuffer(value, dtype="<f4").reshape(_shape(shape))
    except (ValueError, TypeError, RecursionError):
        return None


@functools.lru_cache(maxsize=64)  # the rows of a run are all of one shape
def _shape(text: str) -> tuple[int, ...]:
    return tuple(json.loads(text))
