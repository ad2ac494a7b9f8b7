"""The tables of a workspace file, and the check that a file holds exactly these."""

from __future__ import annotations

import contextlib
import functools
import sqlite3

APPLICATION_ID = 0x66656174  # "feat", in the header of the file

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

PATHS_AND_REMOVALS = (
    "ALTER TABLE images ADD COLUMN path TEXT",
    "CREATE TABLE removed_images (id INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES contents (id),"
    " name TEXT NOT NULL, label TEXT, width INTEGER NOT NULL, height INTEGER NOT NULL, format TEXT NOT NULL,"
    " brightness REAL NOT NULL, notes TEXT NOT NULL, path TEXT, removal TEXT NOT NULL, removed REAL NOT NULL)",
    "CREATE INDEX removed_images_by_content ON removed_images (content_id)",
    "CREATE TABLE removed_runs (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, spec TEXT NOT NULL, created TEXT NOT NULL,"
    " details TEXT NOT NULL, removal TEXT NOT NULL, removed REAL NOT NULL)",
    "CREATE INDEX vectors_by_content ON vectors (content_id)",
)

INPUTS = (
    "CREATE TABLE inputs (content_id INTEGER NOT NULL REFERENCES contents (id), form TEXT NOT NULL,"
    " checksum INTEGER NOT NULL, value BLOB NOT NULL)",
    "CREATE UNIQUE INDEX inputs_by_key ON inputs (content_id, form)",
)

_HOLD_CHANNELS = "notes LIKE '%channel 1 of 2 used%' OR (format = 'TIFF' AND notes LIKE '%frames used%')"
CHANNELS = (
    "INSERT OR IGNORE INTO facts SELECT 'channels', 'first'"
    f" WHERE EXISTS (SELECT 1 FROM images WHERE {_HOLD_CHANNELS})"
    f" OR EXISTS (SELECT 1 FROM removed_images WHERE {_HOLD_CHANNELS})",
)
"""Images came in with the first of two channels, and the first page of a stack, alone: they stay as they are."""

LINKS = (
    "CREATE TABLE links (content_id INTEGER PRIMARY KEY REFERENCES contents (id), path BLOB NOT NULL,"
    " n_bytes INTEGER NOT NULL, modified INTEGER NOT NULL, seal BLOB NOT NULL)",
    "CREATE INDEX links_by_path ON links (path)",
)
"""Of images whose files stay where they are: the bytes in `contents` are none."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (SCHEMA, PATHS_AND_REMOVALS, INPUTS, CHANNELS, LINKS)
"""The statements that lead from schema version i to i + 1. A released entry never changes; add one behind it."""


def objects(connection: sqlite3.Connection) -> set[tuple[str, str, str, str]]:
    """List all that a file declares, as type, name, table and SQL. Statistics, which SQLite writes itself, are left out."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {
        (kind, name, table, " ".join(str(sql or "").split()))
        for kind, name, table, sql in rows
        if not (kind == "table" and name in ("sqlite_stat1", "sqlite_stat4"))
    }


@functools.cache
def _objects_after(migrations: tuple[tuple[str, ...], ...]) -> frozenset[tuple[str, str, str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in (statement for step in migrations for statement in step):
            connection.execute(statement)
        return frozenset(objects(connection))


def expected_objects(version: int) -> frozenset[tuple[str, str, str, str]]:
    """List all that a file of a schema version declares."""
    return _objects_after(MIGRATIONS[:version])
