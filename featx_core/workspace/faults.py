"""Faults of workspace files, in plain words."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

_ENOUGH_BYTES = 1024**2  # with less on the disk, what could not be written did not fit
DISK_FULL = "Results are not being saved: the disk is full."
_NOT_WRITABLE = ("SQLITE_READONLY", "SQLITE_PERM")
_HELD = ("SQLITE_BUSY", "SQLITE_LOCKED")
_OF_THE_FILE = (*_HELD, "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB")


class WorkspaceError(Exception):
    """A workspace that cannot be opened or written to, and why, in plain words."""


class WorkspaceBusyError(WorkspaceError):
    """Another program holds the file. Nothing is wrong with it: it can be opened later."""


class DamagedWorkspaceError(WorkspaceError):
    """A file that is damaged, or that something else than featx has changed.

    Args:
        fault: What is wrong with it, if known.
        advice: What was done with it.

    Attributes:
        fault: What is wrong with it, or nothing.
    """

    def __init__(self, fault: str = "", *, advice: str = "It was not opened, and nothing in it was changed.") -> None:
        self.fault = fault
        super().__init__(f"This workspace file is damaged or was edited{f': {fault}' if fault else ''}. {advice}")


class DiskFullError(WorkspaceError):
    """Nothing more can be saved: the disk is full, over its quota, or only for reading."""


def opening_problem(error: Exception, path: str, patience: float) -> WorkspaceError:
    """Say why a file could not be opened."""
    code = _code(error)
    if code == "SQLITE_NOTADB":
        return WorkspaceError("This file is not a featx workspace.")
    if code.startswith(_HELD):
        return WorkspaceBusyError(
            f"Another program has kept this workspace locked for {patience:.0f} seconds. Try again in a moment, or "
            "close that program."
        )
    if _is_full(code, path):
        return DiskFullError(
            "This workspace cannot be opened: the disk is full. Nothing in it is lost. Free disk space and try again."
        )
    if code.startswith("SQLITE_CANTOPEN"):
        return WorkspaceError("The workspace file cannot be opened: its folder is missing or not accessible.")
    if code.startswith(_NOT_WRITABLE):
        return WorkspaceError("The workspace file is read-only.")
    if code.startswith("SQLITE_IOERR"):
        return WorkspaceError("The workspace file cannot be read: the disk reports an error.")
    return DamagedWorkspaceError()


def reading_problem(error: sqlite3.Error, path: str, patience: float) -> Exception:
    """Say why an open file could not be read; the error itself where it is the program's own fault."""
    is_known = _code(error).startswith(_OF_THE_FILE)
    return opening_problem(error, path, patience) if is_known else error


def is_busy(error: Exception) -> bool:
    """Return whether another program holds the file."""
    return _code(error).startswith(_HELD)


def writing_problem(error: sqlite3.Error, path: str) -> Exception:
    """Say why something could not be written; the error itself where it is the program's own fault."""
    code = _code(error)
    if _is_full(code, path):
        return DiskFullError(DISK_FULL)
    if code.startswith("SQLITE_IOERR"):
        return DiskFullError("Results are not being saved: the disk or its quota is full.")
    if code.startswith(_NOT_WRITABLE):
        return DiskFullError("Results are not being saved: the workspace is read-only.")
    if code.startswith(_HELD):
        return WorkspaceBusyError(
            "The workspace is busy: another program is writing to it. Nothing was changed. Try again in a moment."
        )
    return error


def _code(error: Exception) -> str:
    return str(getattr(error, "sqlite_errorname", ""))


def _is_full(code: str, path: str) -> bool:
    """Tell a full disk: SQLite says so only where a write says it, and not where a file cannot be made or mapped."""
    if code.startswith("SQLITE_FULL"):
        return True
    if not code.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
        return False
    try:
        return shutil.disk_usage(Path(path).parent).free < _ENOUGH_BYTES
    except OSError:
        return False
