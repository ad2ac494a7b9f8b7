"""Rows of numbers as bytes, the way a workspace keeps them: equal rows give equal bytes, and reading runs no code."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from featx_core.tables.facts import Fact, facts_from_json, facts_to_bytes
from featx_core.tables.rows import Vectors

_FAULTS = (
    ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, RuntimeError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip


def pack(vectors: Vectors) -> bytes:
    """Write rows of numbers as a NumPy archive, uncompressed.

    It holds `values` (float32), `names`, `labels` and, where there are some, `facts` (JSON as bytes), so that names of any
    length take no more than they are long.
    """
    out = io.BytesIO()
    facts: dict[str, Any] = {"facts": np.frombuffer(facts_to_bytes(vectors.facts), np.uint8)} if vectors.facts else {}
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
        if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(words[1]):
            raise ValueError("The rows, names and labels do not fit.")
        facts = _facts(arrays, len(values))
    return Vectors(values, *words, facts=facts)


def unpack_facts(content: bytes) -> dict[str, Fact]:
    """Read what the file said of its rows besides, and leave the numbers.

    Raises:
        ValueError: If it is something else.
    """
    with _opened(content) as arrays:
        return _facts(arrays, len(_words(arrays)[1]))


def unpack_words(content: bytes) -> tuple[int, tuple[str, ...] | None, tuple[str | None, ...]]:
    """Read the number of rows, their names and their labels, and leave the numbers.

    Raises:
        ValueError: If it is something else.
    """
    with _opened(content) as arrays:
        names, labels = _words(arrays)
    return len(labels), names, labels


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


def _words(arrays: Mapping[str, np.ndarray]) -> tuple[tuple[str, ...] | None, tuple[str | None, ...]]:
    names, labels = (json.loads(arrays[part].tobytes()) for part in ("names", "labels"))
    if not all(label is None or isinstance(label, str) for label in labels):
        raise ValueError("A label is not a text.")
    if names is not None and (len(names) != len(labels) or not all(isinstance(name, str) for name in names)):
        raise ValueError("The names are not one text per row.")
    return None if names is None else tuple(names), tuple(labels)
