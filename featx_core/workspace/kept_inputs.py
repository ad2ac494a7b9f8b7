"""What networks receive of large images, kept so that no photograph is decoded for every network anew."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib

import numpy as np
import PIL

from featx_core.base.files.packing import pack, unpack
from featx_core.images.decoding import USUAL_INPUT
from featx_core.workspace.faults import WorkspaceError
from featx_core.workspace.store import Store

KEPT_SHARE = 0.08
"""Of the bytes of a file, all that is kept of it together: what is small is decoded again quickly."""

_MADE_BY = f"Pillow {PIL.__version__}"
"""Another decoder may give other pixels: what it made of a file is left alone."""

_ROOM = (
    "SELECT coalesce((SELECT n_bytes FROM links WHERE content_id = id), length(bytes)),"
    " (SELECT coalesce(sum(length(value)), 0) FROM inputs WHERE content_id = id) FROM contents"
)
_INSERT = "INSERT OR REPLACE INTO inputs (content_id, form, checksum, value) SELECT id, ?, ?, ? FROM contents WHERE digest = ?"


class KeptInputs:
    """The fitted images that a workspace keeps beside their files, the same pixels as from the files."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, digest: str, size: tuple[int, int], fit: str, scaling: str) -> np.ndarray | None:
        """Fetch an image as a network receives it, uint8 `(*size, 3)`; None where it is not kept, or damaged."""
        rows = self._store.rows(
            "SELECT checksum, value FROM inputs JOIN contents ON contents.id = content_id WHERE digest = ? AND form = ?",
            (digest, form_of(size, fit, scaling)),
        )
        for checksum, value in rows:
            if isinstance(value, bytes) and zlib.crc32(value) == checksum:
                return unpack(value, size)
        return None

    def save(self, digest: str, pixels: np.ndarray, fit: str, scaling: str) -> None:
        """Keep an image as a network receives it, if that is small beside its file and the workspace can be written to."""
        rows = self._store.rows(f"{_ROOM} WHERE digest = ?", (digest,))
        if not rows:
            return
        ((n_bytes, n_kept),) = rows
        if n_kept + pixels.nbytes // 4 > KEPT_SHARE * n_bytes:  # packed pictures are rarely smaller
            return
        packed = pack(pixels)
        if n_kept + len(packed) <= KEPT_SHARE * n_bytes:
            height, width = pixels.shape[:2]
            with contextlib.suppress(WorkspaceError), self._store.transaction(n_bytes=len(packed)) as connection:
                write(connection, digest, packed, form_of((height, width), fit, scaling))


def keep_usual(connection: sqlite3.Connection, digest: str, n_bytes: int, packed: bytes, scaling: str) -> None:
    """Keep what an intake made of a large image for the networks that most people use, see `USUAL_INPUT`."""
    if len(packed) <= KEPT_SHARE * n_bytes:
        write(connection, digest, packed, form_of(*USUAL_INPUT, scaling))


def write(connection: sqlite3.Connection, digest: str, packed: bytes, form: str) -> None:
    """Write one in a transaction that is under way."""
    connection.execute(_INSERT, (form, zlib.crc32(packed), packed, digest))


def form_of(size: tuple[int, int], fit: str, scaling: str) -> str:
    """What was made of an image, as the key under which it is kept."""
    return f"{_MADE_BY}; {size[0]} x {size[1]}, {fit}, {scaling}"
