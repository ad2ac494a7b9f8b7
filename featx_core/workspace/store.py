"""The SQLite file under a workspace: schema, opening, checks, transactions."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

APPLICATION_ID = 0x66656174  # "feat", in the header of the file
PAGE_BYTES = 16_384  # of a new file; a photograph is written in half the time that pages of 4 096 take
BUSY_SECONDS = 30.0
_ONLY_FOR_READING = ("readonly", "read-only", "attempt to write")

SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE contents (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL, thumbnail BLOB)",
    "CREATE TABLE images (id INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES contents (id),"
    " name TEXT NOT NULL UNIQUE, label TEXT, width INTEGER NOT NULL, height INTEGER NOT NULL, format TEXT NOT NULL,"
    " brightness REAL NOT NULL, notes TEXT NOT NULL)",
    "CREATE INDEX images_by_content ON images (content_id)",
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, spec TEXT NOT NULL,"
    " created TEXT NOT NULL, details TEXT NOT NULL)",
    "CREATE TABLE extractors (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE)",
    "CREATE TABLE vectors (extractor_id INTEGER NOT NULL REFERENCES extractors (id),"
    " content_id INTEGER NOT NULL REFERENCES contents (id), shape TEXT NOT NULL, checksum INTEGER NOT NULL,"
    " value BLOB NOT NULL)",
    "CREATE UNIQUE INDEX vectors_by_key ON vectors (extractor_id, content_id)",
    "CREATE TABLE artefacts (digest TEXT PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL)",
    "CREATE TABLE results (key TEXT PRIMARY KEY, checksum INTEGER NOT NULL, bytes BLOB NOT NULL)",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (SCHEMA,)
"""The statements that lead from schema version i to i + 1. A released entry never changes; add one behind it."""


class WorkspaceError(Exception):
    """A workspace that cannot be opened or written to, and why, in plain words."""


class DiskFullError(WorkspaceError):
    """Nothing more can be saved: the disk is full, over its quota, or only for reading."""


class Store:
    """One SQLite file that several threads and processes use at once.

    Args:
        path: The file, made when missing, or ":memory:".
        check: Whether to read the whole file once for damage. Takes about a second a gigabyte.

    Raises:
        WorkspaceError: If the file is damaged, of a newer featx, or something else altogether.
    """

    def __init__(self, path: Path | str, *, check: bool = True) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare(check)
        except sqlite3.DatabaseError as error:
            raise WorkspaceError(_opening_problem(error)) from error

    def _prepare(self, check: bool) -> None:
        connection = self._connection
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        is_new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_new and connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise WorkspaceError("This file is not a featx workspace.")
        if check and not is_new and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise WorkspaceError("This workspace file is damaged and was not opened. Nothing in it was changed.")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        self._migrate()
        if _objects(connection) != _expected_objects():
            raise WorkspaceError("This workspace file holds parts that featx does not know, and was not opened.")

    def _migrate(self) -> None:
        with self.transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise WorkspaceError("This workspace was made by a newer featx. Update featx to open it.")
            for statement in (statement for step in MIGRATIONS[version:] for statement in step):
                connection.execute(statement)
            if version < len(MIGRATIONS):
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for several statements that take effect together or not at all.

        Raises:
            DiskFullError: If the file cannot grow or be written to.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise _writing_problem(error) from error
                raise

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple]:
        """Run one query and fetch all its rows."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one query and fetch the first column of its first row, or None."""
        with self._lock:
            row = self._connection.execute(query, parameters).fetchone()
        return row[0] if row else None

    def version(self) -> tuple[int, int]:
        """Give numbers that differ after anything in the file was changed, by this process or by another one."""
        with self._lock:
            by_others = self._connection.execute("PRAGMA data_version").fetchone()[0]
            return by_others, self._connection.total_changes

    def copy_to(self, path: Path | str) -> None:
        """Write a whole, consistent copy of the file, while others go on using it."""
        with contextlib.closing(sqlite3.connect(str(path))) as target, self._lock:
            self._connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """Close the file. The store cannot be used any more."""
        with self._lock:
            self._connection.close()


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(name, " ".join(sql.split())) for name, sql in rows if not name.startswith("sqlite_stat")}


def _expected_objects() -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in (statement for step in MIGRATIONS for statement in step):
            connection.execute(statement)
        return _objects(connection)


def _opening_problem(error: sqlite3.DatabaseError) -> str:
    words = str(error).lower()
    if "not a database" in words:
        return "This file is not a featx workspace."
    if "unable to open" in words:
        return "The workspace file cannot be opened: its folder is missing or not accessible."
    if "locked" in words:
        return "The workspace file is in use by another program that does not let go of it."
    if any(phrase in words for phrase in _ONLY_FOR_READING):
        return "The workspace file is only for reading."
    return "This workspace file is damaged and was not opened. Nothing in it was changed."


def _writing_problem(error: sqlite3.OperationalError) -> Exception:
    words = str(error).lower()
    if "full" in words or "disk i/o" in words:
        return DiskFullError("Results are not being saved: the disk is full.")
    if any(phrase in words for phrase in _ONLY_FOR_READING):
        return DiskFullError("Results are not being saved: the workspace is only for reading.")
    if "locked" in words:
        return WorkspaceError("The workspace is busy: another program is writing to it. Try again in a moment.")
    return error
