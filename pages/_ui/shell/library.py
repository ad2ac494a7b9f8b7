"""The shelf of workspace files of this machine. Whoever knows a workspace's token may open it."""

import contextlib
import functools
import re
import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from featx_core.base.files.folders import data_folder
from featx_core.base.files.whole_file import remove_strays, replacing
from featx_core.base.wording import counted
from featx_core.images.sorting.order import in_order
from featx_core.workspace.glance import Glance, glance
from featx_core.workspace.reserve import Reserve
from featx_core.workspace.store import DamagedWorkspaceError, WorkspaceBusyError, WorkspaceError
from featx_core.workspace.workspace import MAX_UPLOAD_IMAGES, Workspace

PATIENCE = 5.0
"""Seconds that a visitor waits for a workspace whose file another program holds. Nobody else waits."""

MAX_ADOPTED_IMAGES = 5 * MAX_UPLOAD_IMAGES
MAX_ADOPTED_RUNS = 2_000  # each page lists them
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_OPEN_AT_ONCE = 64
_EMPTY_FOR = 24 * 3600  # seconds after which a workspace that holds neither images nor runs is swept away
_LARGE_BYTES = 64 * 1024**2  # of a file that takes a moment to open
_LOOKED_AT = 32  # files, for the list of recent ones
_GLANCES_SECONDS = 1.0  # for all of them together
_NOT_AGAIN_FOR = 60.0  # seconds, when a file could not be looked at

_lock = threading.Lock()  # of the two tables below: never held while a file is touched
_open: OrderedDict[str, Workspace] = OrderedDict()
_opening: dict[str, Future[Workspace]] = {}
_not_before: dict[Path, float] = {}  # when to look again at a file that could not be looked at


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
    """Return the file of a workspace.

    Raises:
        WorkspaceError: If the token does not have the form of one.
    """
    if not _TOKEN.fullmatch(token):
        raise WorkspaceError("This link does not name a workspace.")
    return data_folder("workspaces") / f"{token}.featx"


def exists(token: str) -> bool:
    """Return whether there is such a workspace on this machine."""
    return bool(_TOKEN.fullmatch(token)) and path_of(token).exists()


def open_workspace(token: str, *, make: bool = False) -> Workspace:
    """Open a workspace, once for all sessions that use it. Who asks for it meanwhile waits, and those of others do not.

    Args:
        token: The id that `new_token` made.
        make: Whether a missing one is made.

    Raises:
        WorkspaceError: If there is none, or its file cannot be opened.
    """
    with _lock:
        if token in _open:
            _open.move_to_end(token)
            return _open[token]
        begun = _opening.get(token)
        if begun is None:
            mine = _opening[token] = Future()
    return _awaited(begun) if begun is not None else _opened(token, make, mine)


def takes_long(token: str) -> bool:
    """Return whether it will take a moment to open a workspace."""
    with _lock:
        is_open = token in _open
    return not is_open and exists(token) and path_of(token).stat().st_size > _LARGE_BYTES


def _opened(token: str, make: bool, turn: "Future[Workspace]") -> Workspace:
    """Open a workspace for everybody who waits for it."""
    try:
        workspace = _open_file(path_of(token), make)
        in_order(workspace.images())  # of very many it takes a moment: once here, not in the page of each visitor
    except BaseException as error:
        with _lock:
            del _opening[token]
        turn.set_exception(error)
        raise
    with _lock:
        del _opening[token]
        _open[token] = workspace
        while len(_open) > _OPEN_AT_ONCE:
            _open.popitem(last=False)
    turn.set_result(workspace)
    return workspace


def _awaited(turn: "Future[Workspace]") -> Workspace:
    try:
        return turn.result(timeout=2 * PATIENCE)
    except TimeoutError:
        raise WorkspaceBusyError(
            "Another visitor is opening this workspace, which takes a while. Try again in a moment."
        ) from None


def _open_file(path: Path, make: bool) -> Workspace:
    if not make and not path.exists():
        raise WorkspaceError("This workspace is no longer on this computer.")
    try:
        return Workspace.open(path, patience=PATIENCE, reserve=_reserve(path.parent))
    except DamagedWorkspaceError as error:
        _set_aside(path)
        raise DamagedWorkspaceError(error.fault, advice="It was set aside, unchanged.") from None


@functools.lru_cache(maxsize=8)
def _reserve(folder: Path) -> Reserve:
    return Reserve(folder / "reserve")


def _set_aside(path: Path) -> None:
    """Move a damaged file, with its log, to where nobody opens it again by accident; it can be looked at there."""
    folder = data_folder("damaged workspaces")
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):
            file.replace(folder / file.name)


def recent(limit: int = 8) -> list[Recent]:
    """List the workspaces of this machine that hold images or runs, the last used first. No file keeps it from being listed."""
    found: list[Recent] = []
    deadline = time.monotonic() + _GLANCES_SECONDS
    for changed, path in _newest_files()[:_LOOKED_AT]:
        facts = _looked_at(path, changed) if time.monotonic() < deadline else None
        if facts and any(facts[1:]):
            found.append(Recent(path.stem, *facts, changed=changed))
        elif facts and time.time() - changed > _EMPTY_FOR:
            _sweep(path)
    return found[:limit]


def adopt(content: bytes, *, keeps_links: bool = False) -> str:
    """Keep an uploaded workspace file under a new token.

    Args:
        content: The file.
        keeps_links: Whether it may name files of this machine that this machine linked before: where only people at this
            machine reach the server. From anyone else, such a file could ask for pictures that its owner has shared as
            thumbnails alone.

    Raises:
        WorkspaceError: If it is damaged, not a workspace, or holds too much; or if the disk is full.
    """
    token = new_token()
    path = path_of(token)
    remove_strays(path.parent)
    try:
        with replacing(path) as part:
            part.write_bytes(content)
            _check_upload(part, keeps_links)
    except OSError:
        raise WorkspaceError("This workspace file cannot be saved: the disk is full.") from None
    return token


def _check_upload(path: Path, keeps_links: bool) -> None:
    with contextlib.closing(Workspace.open(path)) as workspace:
        if not keeps_links:
            workspace.break_links()
        _check_count(workspace.size()[0], MAX_ADOPTED_IMAGES, "image")
        _check_count(workspace.ledger.count(), MAX_ADOPTED_RUNS, "run")


def _check_count(n_held: int, limit: int, noun: str) -> None:
    if n_held > limit:
        raise WorkspaceError(
            f"This workspace holds {counted(n_held, noun)}. The limit for uploads is {counted(limit, noun)}."
        )


def _looked_at(path: Path, changed: float) -> Glance | None:
    """Look at a file once after each change; at one that cannot be looked at, not at once again."""
    if time.monotonic() < _not_before.get(path, 0.0):
        return None
    try:
        return _glance(path, changed)
    except LookupError:
        _not_before[path] = time.monotonic() + _NOT_AGAIN_FOR
        return None


@functools.lru_cache(maxsize=256)
def _glance(path: Path, changed: float) -> Glance:
    del changed
    found = glance(path)
    if found is None:
        raise LookupError(path.name)
    return found


def _newest_files() -> list[tuple[float, Path]]:
    files = [path for path in data_folder("workspaces").glob("*.featx") if _TOKEN.fullmatch(path.stem)]
    return sorted(((_changed(path), path) for path in files), reverse=True)


def _changed(path: Path) -> float:
    times = [0.0]
    for file in (path, path.with_name(path.name + "-wal")):
        with contextlib.suppress(OSError):
            times.append(file.stat().st_mtime)
    return max(times)


def _sweep(path: Path) -> None:
    with _lock:
        if path.stem in _open or path.stem in _opening:
            return
    for file in path.parent.glob(f"{path.name}*"):
        with contextlib.suppress(OSError):
            file.unlink()
