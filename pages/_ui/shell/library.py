"""The shelf of workspace files of this machine. Whoever knows a workspace's token may open it."""

import contextlib
import functools
import re
import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from featx_core.base.folders import data_folder
from featx_core.base.wording import counted
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_OPEN_AT_ONCE = 64
_EMPTY_FOR = 24 * 3600  # seconds after which a workspace that holds neither images nor runs is swept away

_lock = threading.Lock()
_open: OrderedDict[str, Workspace] = OrderedDict()


@dataclass(frozen=True)
class Recent:
    """A workspace that can be opened again."""

    token: str
    title: str
    n_images: int
    n_runs: int
    changed: float  # seconds since the epoch

    @property
    def holds(self) -> str:
        """What is in it, in words: its images, or where there are none its runs."""
        return counted(self.n_images, "image") if self.n_images else counted(self.n_runs, "run")


def new_token() -> str:
    """Make the id of a new workspace: 128 random bits, so that nobody guesses it."""
    return secrets.token_urlsafe(16)


def path_of(token: str) -> Path:
    """Give the file of a workspace.

    Raises:
        WorkspaceError: If the token does not have the form of one.
    """
    if not _TOKEN.fullmatch(token):
        raise WorkspaceError("This link does not name a workspace.")
    return data_folder("workspaces") / f"{token}.featx"


def exists(token: str) -> bool:
    """Tell whether there is such a workspace on this machine."""
    return bool(_TOKEN.fullmatch(token)) and path_of(token).exists()


def open_workspace(token: str, *, make: bool = False) -> Workspace:
    """Open a workspace, once for all sessions that use it.

    Args:
        token: The id that `new_token` made.
        make: Whether a missing one is made.

    Raises:
        WorkspaceError: If there is none, or its file cannot be opened.
    """
    with _lock:
        if token not in _open:
            path = path_of(token)
            if not make and not path.exists():
                raise WorkspaceError("This workspace is not on this machine any more.")
            _open[token] = Workspace.open(path)
            while len(_open) > _OPEN_AT_ONCE:
                _open.popitem(last=False)
        _open.move_to_end(token)
        return _open[token]


def recent(limit: int = 8) -> list[Recent]:
    """List the workspaces of this machine that hold images or runs, the last used first."""
    files = sorted(((_changed(path), path) for path in data_folder("workspaces").glob("*.featx")), reverse=True)
    found: list[Recent] = []
    for changed, path in files[: limit * 4]:
        facts = _glance(path, changed)
        if facts and any(facts[1:]):
            found.append(Recent(path.stem, *facts, changed=changed))
        elif facts and time.time() - changed > _EMPTY_FOR:
            _sweep(path)
    return found[:limit]


def adopt(content: bytes) -> str:
    """Keep an uploaded workspace file under a new token.

    Raises:
        WorkspaceError: If it is damaged or not a workspace.
    """
    token = new_token()
    path = path_of(token)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    try:
        Workspace.open(part).close()
        part.replace(path)
    finally:
        for leftover in path.parent.glob(f"{token}.part*"):
            leftover.unlink(missing_ok=True)
    return token


def _glance(path: Path, changed: float) -> tuple[str, int, int] | None:
    """Read title, number of images and number of runs without the checks of a real opening, once after each change."""
    try:
        return _facts(path, changed)
    except sqlite3.Error:
        return None


@functools.lru_cache(maxsize=256)
def _facts(path: Path, changed: float) -> tuple[str, int, int]:
    del changed
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.2)) as connection:
        title = connection.execute("SELECT value FROM facts WHERE name = 'title'").fetchone()
        n_images = connection.execute("SELECT count(*) FROM images").fetchone()[0]
        n_runs = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    return (title[0] if title else "Untitled", n_images, n_runs)


def _changed(path: Path) -> float:
    times = [file.stat().st_mtime for file in (path, path.with_name(path.name + "-wal")) if file.exists()]
    return max(times, default=0.0)


def _sweep(path: Path) -> None:
    with _lock:
        if path.stem not in _open:
            for file in path.parent.glob(f"{path.name}*"):
                file.unlink(missing_ok=True)
