"""The SQLite file under a workspace: opening, checks, transactions."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from featx_core.workspace import schema
from featx_core.workspace.faults import (
    DISK_FULL,
    DamagedWorkspaceError,
    DiskFullError,
    WorkspaceBusyError,
    WorkspaceError,
    opening_problem,
    writing_problem,
)
from featx_core.workspace.reserve import Reserve
from featx_core.workspace.validation import find_fault

__all__ = ["DamagedWorkspaceError", "DiskFullError", "Store", "WorkspaceBusyError", "WorkspaceError"]

PAGE_BYTES = 16_384  # of a new file; a photograph is written in half the time that pages of 4 096 take
BUSY_SECONDS = 30.0
LOG_PAGES = 256
"""So many pages in the log beside the file are moved into the file, which has to grow for them: 4 MB."""

PAGES_BESIDE = 16  # that a transaction writes beside what it keeps
MARGIN_BYTES, MARGIN_SHARE = 8 * 1024**2, 16
"""What is left free on the disk, and on a small one this part of it, so that removing has room."""

_Result = TypeVar("_Result")


class Store:
    """One SQLite file that several threads and processes use at once.

    Args:
        path: The file, made when missing, or ":memory:".
        check: Whether to read the whole file once for damage. Takes about a second a gigabyte.
        patience: Seconds to wait while another program holds the file, when it is opened.
        reserve: What is given up on a full disk, so that removing still works; none unless given.

    Raises:
        WorkspaceBusyError: If another program holds the file.
        DamagedWorkspaceError: If the file is damaged or was edited.
        DiskFullError: If the disk is too full to open it.
        WorkspaceError: If it was made by a newer featx, or is something else altogether.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        check: bool = True,
        patience: float = BUSY_SECONDS,
        reserve: Reserve | None = None,
    ) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        self._reserve = reserve
        try:
            self._connection = self._opened(check, patience)
        except DiskFullError:
            if reserve is None or not reserve.give_up():
                raise
            self._connection = self._opened(check, patience)
        if reserve is not None:
            reserve.take()

    def _opened(self, check: bool, patience: float) -> sqlite3.Connection:
        connection = None
        try:
            connection = sqlite3.connect(self.path, timeout=patience, isolation_level=None, check_same_thread=False)
            _prepare(connection, check)
            connection.execute(f"PRAGMA busy_timeout = {int(1000 * BUSY_SECONDS)}")
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error | UnicodeError):
                raise opening_problem(error, self.path, patience) from error
            raise
        return connection

    @contextlib.contextmanager
    def transaction(self, *, n_bytes: int = 0) -> Iterator[sqlite3.Connection]:
        """Return the connection for several statements that take effect together or not at all.

        Args:
            n_bytes: How much is written, where it is much. It is refused while there is still room to remove something.

        Raises:
            DiskFullError: If the file cannot grow or be written to.
            WorkspaceBusyError: If another program does not let go of the file.
        """
        with self._lock:
            if n_bytes:
                self._check_room(n_bytes)
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise writing_problem(error, self.path) from error
                raise

    def free(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Do something in a transaction that leaves more room than it takes. It is done on a full disk, too.

        The log beside the file keeps its size, and begins anew once all that is in it is in the file: then nothing has to
        grow. Where that takes room, the reserve gives it.

        Args:
            work: Runs statements; perhaps twice, the second time as if there had been no first.

        Raises:
            DiskFullError: If there is no room even so.
        """
        with contextlib.suppress(DiskFullError), self.transaction() as connection:
            return work(connection)
        if self._reserve is not None:
            self._reserve.give_up()
        self.settle()
        try:
            with self.transaction() as connection:
                return work(connection)
        finally:
            self.settle()
            if self._reserve is not None:
                self._reserve.take_back()

    def settle(self) -> None:
        """Move the contents of the log into the file, as far as there is room."""
        with contextlib.suppress(DiskFullError):
            self._settle()

    def _settle(self) -> None:
        with self._lock:
            try:
                self._connection.execute("PRAGMA wal_checkpoint(RESTART)")
            except sqlite3.Error as error:
                problem = writing_problem(error, self.path)
                if isinstance(problem, DiskFullError):
                    raise problem from error

    def _check_room(self, n_bytes: int) -> None:
        """Refuse to write when the disk could not take it twice, once into the log and once into the file, and more."""
        if self.path == ":memory:":
            return
        page = self.value("PRAGMA page_size")
        if self._log_bytes() > LOG_PAGES * page + 2 * n_bytes:  # the file may not grow: a quota is not seen otherwise
            self._settle()
        try:
            disk = shutil.disk_usage(Path(self.path).parent)
        except OSError:
            return
        margin = min(MARGIN_BYTES, disk.total // MARGIN_SHARE)
        if disk.free >= 2 * n_bytes + margin:
            return
        self._settle()
        growth = self._growth(n_bytes, page)
        if growth and disk.free < growth + margin:
            raise DiskFullError(DISK_FULL)

    def _growth(self, n_bytes: int, page: int) -> int:
        """By how many bytes log and file grow when so many are written: both fill the room that they have first."""
        written = n_bytes + PAGES_BESIDE * page
        n_free = self.value("PRAGMA freelist_count")
        return int(max(0, written - n_free * page) + max(0, written - self._log_bytes()))

    def _log_bytes(self) -> int:
        try:
            return os.stat(f"{self.path}-wal").st_size
        except OSError:
            return 0

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one query and fetch all its rows."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one query and fetch the first column of its first row, or None."""
        with self._lock:
            row = self._connection.execute(query, parameters).fetchone()
        return row[0] if row else None

    def version(self) -> tuple[int, int]:
        """Return numbers that differ after anything in the file was changed, by this process or by another one."""
        with self._lock:
            by_others = self._connection.execute("PRAGMA data_version").fetchone()[0]
            return by_others, self._connection.total_changes

    def copy_to(self, path: Path | str) -> None:
        """Write a whole, consistent copy of the file, while others go on using it.

        Raises:
            DiskFullError: If there is no room for it.
        """
        try:
            with contextlib.closing(sqlite3.connect(str(path))) as target, self._lock:
                self._connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise writing_problem(error, str(path)) from error

    def close(self) -> None:
        """Close the file. The store cannot be used any more."""
        with self._lock:
            self._connection.close()


def _prepare(connection: sqlite3.Connection, check: bool) -> None:
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
    if check and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise DamagedWorkspaceError()
    fault = find_fault(connection) if check else None
    if fault is not None:
        raise DamagedWorkspaceError(fault)


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
