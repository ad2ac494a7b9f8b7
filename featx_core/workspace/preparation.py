"""Preparation of an opened workspace file: checks before anything is written or run, settings, migration."""

from __future__ import annotations

import sqlite3

from featx_core.workspace import schema
from featx_core.workspace.faults import DamagedWorkspaceError, WorkspaceError
from featx_core.workspace.validation import find_fault

PAGE_BYTES = 16_384  # of a new file; a photograph is written in half the time that pages of 4 096 take
MAX_CHECKED_BYTES = 2 * 1024**3
"""Of a file that is looked through whole when it is opened, which takes a second a gigabyte: all that is uploaded is."""

_CHECKED_WHEN_READ = ("contents", "inputs", "vectors", "artefacts", "results")
LOG_PAGES = 256
"""So many pages in the log beside the file are moved into the file, which has to grow for them: 4 MB."""


def prepare(connection: sqlite3.Connection, check: bool) -> None:
    """Make an opened file ready: nothing is written to it, and nothing in it is run, before it was checked."""
    forbid_what_files_bring(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _check(connection, version, check)
    connection.execute("PRAGMA journal_mode = WAL")
    for pragma in ("synchronous = NORMAL", "temp_store = MEMORY", f"wal_autocheckpoint = {LOG_PAGES}"):
        connection.execute(f"PRAGMA {pragma}")
    _migrate(connection)


def _check(connection: sqlite3.Connection, version: int, check: bool) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        raise WorkspaceError("This file is not a featx workspace.")
    if version > len(schema.MIGRATIONS):
        raise WorkspaceError("This workspace was made by a newer featx. Update featx to open it.")
    if schema.objects(connection) != schema.expected_objects(version):
        raise DamagedWorkspaceError("it holds parts that featx does not know")
    if check and not _is_whole(connection):
        raise DamagedWorkspaceError()
    fault = find_fault(connection) if check else None
    if fault is not None:
        raise DamagedWorkspaceError(fault)


def _is_whole(connection: sqlite3.Connection) -> bool:
    """Look through the pages of a file; of a very large one, not through what carries its own digest or check sum."""
    n_pages, page = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    tables: list[str] = [""]
    if n_pages * page > MAX_CHECKED_BYTES:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = [f"({name})" for (name,) in found if name not in _CHECKED_WHEN_READ]
    if not tables[0]:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    return all(connection.execute(f"PRAGMA quick_check{table}").fetchone()[0] == "ok" for table in tables)


def _migrate(connection: sqlite3.Connection) -> None:
    n_steps = len(schema.MIGRATIONS)
    if connection.execute("PRAGMA user_version").fetchone()[0] == n_steps:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
        for statement in (statement for step in schema.MIGRATIONS[version:] for statement in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {n_steps}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def forbid_what_files_bring(connection: sqlite3.Connection) -> None:
    """Let no trigger, view or function run that a file brings."""
    connection.set_authorizer(_only_plain_statements)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _only_plain_statements(action: int, first: object, second: object, database: object, source: str | None) -> int:
    """Forbid all that a trigger or a view asks for: a workspace has none, so somebody else has put it there."""
    del action, first, second, database
    return sqlite3.SQLITE_OK if source is None else sqlite3.SQLITE_DENY
