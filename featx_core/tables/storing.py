"""Rows of numbers as bytes, the way a workspace keeps them: equal rows give equal bytes, and reading runs no code."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from featx_core.tables.facts import Fact, facts_from_json, facts_to_bytes
from featx_core.tables.rows import Vectors, is_digest

_FAULTS = (
    ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, RuntimeError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip


class Words(NamedTuple):
    """What is kept of rows besides their numbers.

    Attributes:
        names: The name of each row; None when the rows have no names.
        labels: The label of each row, or None.
        digests: The SHA-256 of the image that each row is of, where that is known; else None.
    """

    names: tuple[str, ...] | None
    labels: tuple[str | None, ...]
    digests: tuple[str, ...] | None


def pack(vectors: Vectors) -> bytes:
    """Write rows of numbers as a NumPy archive, uncompressed.

    It holds `values` (float32), `names`, `labels` and, where there are some, `facts` and `digests` (JSON as bytes), so that
    names of any length take no more than they are long.
    """
    out = io.BytesIO()
    facts: dict[str, Any] = {"facts": np.frombuffer(facts_to_bytes(vectors.facts), np.uint8)} if vectors.facts else {}
    if vectors.digests is not None:
        facts["digests"] = _as_bytes(vectors.digests)
    np.savez(
        out,
        values=np.ascontiguousarray(vectors.values, np.float32),
        names=_as_bytes(vectors.names),
        labels=_as_bytes(vectors.labels),
        **facts,
    )
    return out.getvalue()


def unpack(content: bytes) -> Vectors:
    """Read what `pack` wrote.

    Raises:
        ValueError: If it is something else.
    """
    with _opened(content) as arrays:
        values, words = arrays["values"], _words(arrays)
        if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(words.labels):
            raise ValueError("The rows, names and labels do not fit.")
        facts = _facts(arrays, len(values))
    return Vectors(values, words.names, words.labels, facts=facts, digests=words.digests)


def unpack_facts(content: bytes) -> dict[str, Fact]:
    """Read what the file said of its rows besides, and leave the numbers.

    Raises:
        ValueError: If it is something else.
    """
    with _opened(content) as arrays:
        return _facts(arrays, len(_words(arrays).labels))


def unpack_words(content: bytes) -> Words:
    """Read the names, labels and digests of the rows, and leave the numbers.

    Raises:
        ValueError: If it is something else.
    """
    with _opened(content) as arrays:
        return _words(arrays)


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[np.lib.npyio.NpzFile]:
    """Open the archive; whatever is wrong with it, or what is made of it inside, is a ValueError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
                raise ValueError("A packed archive could unpack to anything.")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            yield arrays
    except _FAULTS as error:
        raise ValueError("These bytes are no rows of numbers that featx kept.") from error


def _as_bytes(words: Sequence[str | None] | None) -> np.ndarray:
    return np.frombuffer(json.dumps(None if words is None else list(words)).encode("utf-8"), np.uint8)


def _facts(arrays: Mapping[str, np.ndarray], n_rows: int) -> dict[str, Fact]:
    return facts_from_json(json.loads(arrays["facts"].tobytes()), n_rows) if "facts" in arrays else {}


def _words(arrays: Mapping[str, np.ndarray]) -> Words:
    names, labels = (json.loads(arrays[part].tobytes()) for part in ("names", "labels"))
    digests = json.loads(arrays["digests"].tobytes()) if "digests" in arrays else None
    if not all(label is None or isinstance(label, str) for label in labels):
        raise ValueError("A label is not a text.")
    if names is not None and (len(names) != len(labels) or not all(isinstance(name, str) for name in names)):
        raise ValueError("The names are not one text per row.")
    if digests is not None and (len(digests) != len(labels) or not all(is_digest(digest) for digest in digests)):
        raise ValueError("The digests are not one SHA-256 per row.")
    return Words(None if names is None else tuple(names), tuple(labels), None if digests is None else tuple(digests))
