"""What a workspace stores besides images, runs and vectors: facts, files such as weights, and results."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Hashable
from typing import TypeVar

from featx_core.workspace.store import Store
from featx_core.workspace.validation import require

Found = TypeVar("Found")


class KeptFiles:
    """Facts by their names, files by their digests, results by their keys.

    Args:
        store: The workspace's file.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def once(self, about: Hashable, find: Callable[[], Found]) -> Found:
        """Find something small out from this workspace alone, and keep it until anything in the workspace is changed.

        Args:
            about: Names what is found.
            find: Finds it. Nobody changes what it gives.
        """
        return self._store.once(about, find)

    def fact(self, name: str) -> str | None:
        """Fetch a short text that was kept under a name, or None."""
        found = self._store.value("SELECT value FROM facts WHERE name = ?", (name,))
        return found if isinstance(found, str) else None

    def set_fact(self, name: str, value: str) -> None:
        """Keep a short text under a name, in place of what was there."""
        require("facts", name=name, value=value)
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def put_artefact(self, name: str, content: bytes) -> str:
        """Keep a file such as weights, once. Gives its SHA-256 in hexadecimal."""
        require("artefacts", name=name)
        digest = hashlib.sha256(content).hexdigest()
        with self._store.transaction(n_bytes=len(content)) as connection:
            connection.execute("INSERT OR IGNORE INTO artefacts VALUES (?, ?, ?)", (digest, name, content))
        return digest

    def kept_bytes(self) -> int:
        """Count the bytes of all kept files."""
        return int(self._store.value("SELECT coalesce(sum(length(bytes)), 0) FROM artefacts"))

    def artefact(self, digest: str) -> bytes:
        """Fetch a kept file.

        Raises:
            KeyError: If it is not there, or its bytes are damaged.
        """
        content = self._store.value("SELECT bytes FROM artefacts WHERE digest = ?", (digest,))
        if not is_whole(content, digest):
            raise KeyError(f"The workspace holds no file of digest {digest!r}.")
        return bytes(content)

    def remove_artefact(self, digest: str) -> None:
        """Forget a kept file."""
        self._store.free(lambda connection: connection.execute("DELETE FROM artefacts WHERE digest = ?", (digest,)))

    def artefacts(self) -> dict[str, str]:
        """List the kept files: digest to name."""
        return dict(self._store.rows("SELECT digest, name FROM artefacts ORDER BY name"))

    def put_result(self, key: str, content: bytes) -> None:
        """Keep something that was computed under its key, in place of what was there."""
        with self._store.transaction(n_bytes=len(content)) as connection:
            row = (key, zlib.crc32(content), content)
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row)

    def drop_results(self, kind: str) -> None:
        """Forget all results of a kind, such as "report"."""
        begin = f"{kind}:"
        query = "DELETE FROM results WHERE substr(key, 1, ?) = ?"
        self._store.free(lambda connection: connection.execute(query, (len(begin), begin)))

    def result(self, key: str) -> bytes | None:
        """Fetch what was computed under a key. None when it is missing or damaged: compute it again."""
        rows = self._store.rows("SELECT checksum, bytes FROM results WHERE key = ?", (key,))
        is_right = rows and isinstance(rows[0][1], bytes) and zlib.crc32(rows[0][1]) == rows[0][0]
        return rows[0][1] if is_right else None


def note_change(connection: sqlite3.Connection, of: str = "changes") -> None:
    """Note a change of images, so that whoever has listed them lists them again.

    Args:
        connection: In a transaction.
        of: "labels" where labels alone were changed; "changes" where other facts were, or images were taken out.
    """
    connection.execute(
        "INSERT INTO facts VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
        (of if of == "changes" else f"changes of {of}",),
    )


def is_whole(content: object, digest: str) -> bool:
    """Return whether some bytes are those that a SHA-256 was made of."""
    return isinstance(content, bytes) and hashlib.sha256(content).hexdigest() == digest
