"""The SQLite file under a workspace: opening, checks, transactions."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from featx_core.workspace.faults import (
    DISK_FULL,
    DamagedWorkspaceError,
    DiskFullError,
    WorkspaceBusyError,
    WorkspaceError,
    is_busy,
    opening_problem,
    reading_problem,
    writing_problem,
)
from featx_core.workspace.preparation import LOG_PAGES, prepare
from featx_core.workspace.reserve import Reserve

__all__ = ["DamagedWorkspaceError", "DiskFullError", "Store", "WorkspaceBusyError", "WorkspaceError"]

BUSY_SECONDS = 30.0
_TRY_SECONDS, _PAUSE_SECONDS = 0.1, 0.05
"""For one try at a file that another program holds, and between two, when others have their turn."""

_KEPT_FINDINGS = 512  # at one version of the file
_SETTLING_TRIES = 10  # while others read what stands in the log
PAGES_BESIDE = 16  # that a transaction writes beside what it keeps
MARGIN_BYTES, MARGIN_SHARE = 8 * 1024**2, 16
"""What is left free on the disk, and on a small one this part of it, so that removing has room."""

_Result = TypeVar("_Result")


class Store:
    """One SQLite file that several threads and processes use at once.

    Args:
        path: The file, made when missing, or ":memory:".
        check: Whether to read the whole file once for damage. Takes about a second a gigabyte.
        patience: Seconds to wait while another program holds the file; where much is written, `BUSY_SECONDS`.
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
        self._patience = patience
        self._found: tuple[tuple[int, int], dict[Hashable, Any]] = ((0, 0), {})  # at a version of the file
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
            prepare(connection, check)
            connection.execute(f"PRAGMA busy_timeout = {int(1000 * min(_TRY_SECONDS, patience))}")
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
        self._begin(n_bytes)
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise writing_problem(error, self.path) from error
            raise
        finally:
            self._lock.release()

    def _begin(self, n_bytes: int) -> None:
        """Take the lock and begin a transaction."""

        def begin() -> None:
            if n_bytes:
                self._check_room(n_bytes)
            self._lock.acquire()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._lock.release()
                raise

        try:
            self._patiently(begin, BUSY_SECONDS if n_bytes else self._patience)
        except sqlite3.OperationalError as error:
            raise writing_problem(error, self.path) from error

    def _patiently(self, work: Callable[[], _Result], seconds: float) -> _Result:
        """Try something again while another program holds the file. Between two tries other threads have their turn."""
        until = time.monotonic() + seconds
        while True:
            try:
                with self._lock:
                    return work()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > until:
                    raise
            time.sleep(_PAUSE_SECONDS)

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
                for _ in range(_SETTLING_TRIES):
                    is_read = self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]
                    if not is_read:
                        break
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
        """Run one query and fetch all its rows.

        Raises:
            WorkspaceError: If the file cannot be read.
        """
        return self._read(lambda: self._connection.execute(query, parameters).fetchall())

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one query and fetch the first column of its first row, or None.

        Raises:
            WorkspaceError: If the file cannot be read.
        """
        row = self._read(lambda: self._connection.execute(query, parameters).fetchone())
        return row[0] if row else None

    def version(self) -> tuple[int, int]:
        """Return numbers that differ after anything in the file was changed, by this process or by another one."""
        return self._read(
            lambda: (
                self._connection.execute("PRAGMA data_version").fetchone()[0],
                self._connection.total_changes,
            )
        )

    def once(self, about: Hashable, find: Callable[[], _Result]) -> _Result:
        """Find something out from the file, and keep it until anything in the file is changed.

        Args:
            about: Names what is found, for all who use this store.
            find: Reads the file, and what it gives depends on nothing else. It is small, and nobody changes it.
        """
        version = self.version()
        at, found = self._found
        if at != version or len(found) >= _KEPT_FINDINGS:
            found = {}
            self._found = version, found
        if about not in found:
            found[about] = find()
        result: _Result = found[about]
        return result

    def _read(self, work: Callable[[], _Result]) -> _Result:
        try:
            return self._patiently(work, self._patience)
        except sqlite3.DatabaseError as error:
            raise reading_problem(error, self.path, self._patience) from error

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
