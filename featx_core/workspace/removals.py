"""Removed images and runs that can still be restored."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterable

from featx_core.workspace.kept_files import note_change
from featx_core.workspace.store import Store

UNDO_SECONDS = 10.0
"""For so long what was taken out can be brought back."""

_COLUMNS = {
    "images": "content_id, name, label, width, height, format, brightness, notes, path",
    "runs": "digest, spec, created, details",
}
_NAMED_BY = {"images": "name", "runs": "digest"}
_SOURCE = '"source":"file:'  # in the JSON of a run of imported vectors, before the digest of their file
_UNUSED = (
    "SELECT id FROM contents WHERE id NOT IN (SELECT content_id FROM images)"
    " AND id NOT IN (SELECT content_id FROM removed_images)"
)


class Removals:
    """What was taken out of a workspace a moment ago. All of it works on a full disk.

    Each removal has a key. Until `finish` is called with it, or a new removal comes after `UNDO_SECONDS`, files and vectors
    stay where they are, and `undo` brings everything back.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def take_images(self, names: Iterable[str]) -> str:
        """Take images out. Names that are not there are passed over. Gives the key of the removal."""
        return self._take("images", names)

    def take_runs(self, digests: Iterable[str]) -> str:
        """Take runs out of the ledger. Digests that are not there are passed over. Gives the key of the removal."""
        return self._take("runs", digests)

    def _take(self, table: str, values: Iterable[str]) -> str:
        key, now = secrets.token_hex(8), time.time()
        columns, named_by = _COLUMNS[table], _NAMED_BY[table]
        listed = list(values)

        def work(connection: sqlite3.Connection) -> None:
            _finish_old(connection, now)
            connection.executemany(
                f"INSERT INTO removed_{table} (id, {columns}, removal, removed)"
                f" SELECT id, {columns}, ?, ? FROM {table} WHERE {named_by} = ?",
                [(key, now, value) for value in listed],
            )
            connection.executemany(f"DELETE FROM {table} WHERE {named_by} = ?", [(value,) for value in listed])
            note_change(connection)

        self._store.free(work)
        return key

    def undo(self, key: str) -> int:
        """Bring back what a removal took out, in its old place. Gives how many images and runs came back.

        One whose name or digest is there again does not come back: it was brought in, or run, once more.
        """

        def work(connection: sqlite3.Connection) -> int:
            n_back = sum(_brought_back(connection, table, key) for table in _COLUMNS)
            note_change(connection)
            _finish(connection, "removal = ?", key)
            return n_back

        return self._store.free(work)

    def finish(self, key: str) -> None:
        """Make a removal final: its files and vectors go, unless something else needs them."""
        self._store.free(lambda connection: _finish(connection, "removal = ?", key))

    def finish_old(self) -> None:
        """Make the removals final that nobody can undo any more."""
        if self._store.value("SELECT 1 FROM removed_images UNION ALL SELECT 1 FROM removed_runs LIMIT 1"):
            self._store.free(lambda connection: _finish_old(connection, time.time()))


def remove_images(store: Store, names: Iterable[str]) -> None:
    """Take images out for good, with the vectors and bytes that no other image shares."""
    listed = [(name,) for name in names]

    def work(connection: sqlite3.Connection) -> None:
        connection.executemany("DELETE FROM images WHERE name = ?", listed)
        note_change(connection)
        _drop_unused(connection)

    store.free(work)


def _brought_back(connection: sqlite3.Connection, table: str, key: str) -> int:
    """Put rows back: at the end where another row has taken their place meanwhile."""
    columns, named_by = _COLUMNS[table], _NAMED_BY[table]
    n_before = connection.total_changes
    for place in ("id", "NULL"):
        connection.execute(
            f"INSERT OR IGNORE INTO {table} (id, {columns}) SELECT {place}, {columns} FROM removed_{table}"
            f" WHERE removal = ? AND {named_by} NOT IN (SELECT {named_by} FROM {table}) ORDER BY id",
            (key,),
        )
    return connection.total_changes - n_before


def _finish_old(connection: sqlite3.Connection, now: float) -> None:
    _finish(connection, "removed < ?", now - UNDO_SECONDS)


def _finish(connection: sqlite3.Connection, which: str, value: str | float) -> None:
    runs = f"SELECT digest FROM removed_runs WHERE {which} AND digest NOT IN (SELECT digest FROM runs)"
    extractors = f"SELECT id FROM extractors WHERE digest IN ({runs})"
    sources = connection.execute(
        "SELECT digest FROM artefacts WHERE EXISTS"
        f" (SELECT 1 FROM removed_runs WHERE {which} AND instr(spec, '{_SOURCE}' || artefacts.digest))",
        (value,),
    ).fetchall()
    connection.execute(f"DELETE FROM vectors WHERE extractor_id IN ({extractors})", (value,))
    connection.execute(f"DELETE FROM extractors WHERE digest IN ({runs})", (value,))
    for table in ("removed_runs", "removed_images"):
        connection.execute(f"DELETE FROM {table} WHERE {which}", (value,))
    connection.executemany(
        "DELETE FROM artefacts WHERE digest = ? AND NOT EXISTS"
        " (SELECT spec FROM runs WHERE instr(spec, artefacts.digest) UNION ALL"
        " SELECT spec FROM removed_runs WHERE instr(spec, artefacts.digest))",
        sources,
    )
    _drop_unused(connection)


def _drop_unused(connection: sqlite3.Connection) -> None:
    for table in ("vectors", "inputs", "links"):
        connection.execute(f"DELETE FROM {table} WHERE content_id IN ({_UNUSED})")
    connection.execute(f"DELETE FROM contents WHERE id IN ({_UNUSED})")
