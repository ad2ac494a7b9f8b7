"""Rows of numbers as bytes, the way a workspace keeps them: equal rows give equal bytes, and reading runs no code."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import numpy as np

from featx_core.tables import Vectors


def pack(vectors: Vectors) -> bytes:
    """Write rows of numbers as a NumPy archive, uncompressed.

    It holds `values` (float32), `names` and `labels` (JSON as bytes), so that names of any length take no more than
    they are long.
    """
    out = io.BytesIO()
    np.savez(
        out,
        values=np.ascontiguousarray(vectors.values, np.float32),
        names=_as_bytes(vectors.names),
        labels=_as_bytes(vectors.labels),
    )
    return out.getvalue()


def unpack(content: bytes) -> Vectors:
    """Read what `pack` wrote.

    Raises:
        ValueError: If it is something else.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Vectors(arrays["values"], *_words(arrays["names"], arrays["labels"]))
    except (KeyError, OSError, EOFError) as error:
        raise ValueError("These bytes are no rows of numbers that featx kept.") from error


def unpack_words(content: bytes) -> tuple[int, tuple[str, ...] | None, tuple[str | None, ...]]:
    """Read the number of rows, their names and their labels, and leave the numbers.

    Raises:
        ValueError: If it is something else.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names, labels = _words(arrays["names"], arrays["labels"])
    except (KeyError, OSError, EOFError) as error:
        raise ValueError("These bytes are no rows of numbers that featx kept.") from error
    return len(labels), names, labels


def _as_bytes(words: Sequence[str | None] | None) -> np.ndarray:
    return np.frombuffer(json.dumps(None if words is None else list(words)).encode("utf-8"), np.uint8)


def _words(names: np.ndarray, labels: np.ndarray) -> tuple[tuple[str, ...] | None, tuple[str | None, ...]]:
    found = json.loads(names.tobytes())
    return None if found is None else tuple(found), tuple(json.loads(labels.tobytes()))
