"""Files that were found but not read yet, and why a file was left out."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from featx_core.base.faults import new_reference
from featx_core.base.files.file_names import clean_name, is_system_file
from featx_core.images.decoding import ImageError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoundFile:
    """A file that was given: what to call it, and the way to its bytes.

    Attributes:
        name: By as few of its folders as tell it from the others of its source; not yet unique in a workspace.
        path: With all its folders, safe to show.
        label: The folder that names its class, or None.
        read: Gives its bytes. May raise anything.
        origin: The archive or folder that it came in, or None.
        is_streamed: Whether the names of the others of its source were not known when the label was read.
        file: The file itself, where it lies by itself on this machine.
    """

    name: str
    path: str
    label: str | None
    read: Callable[[], bytes]
    origin: str | None = None
    is_streamed: bool = False
    file: Path | None = None


def left_out(raw: str, error: Exception) -> FoundFile:
    """Return a file that cannot be read in the place of one: reading it raises why."""

    def read() -> bytes:
        raise error

    name = clean_name(raw)
    return FoundFile(name, name, None, read)


def reason_of(error: BaseException) -> str:
    """Say why a file was left out, in words that can follow its name. What nobody expected goes to the log in full."""
    if isinstance(error, ImageError):
        return str(error)
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, PermissionError):
        return "may not be read by this app"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full"
    if isinstance(error, OSError | ValueError):
        return "cannot be opened"
    reference = new_reference()
    _LOG.error("ref %s: %s", reference, type(error).__name__, exc_info=error)
    return f"cannot be read (ref {reference})"


def open_file(path: Path) -> IO[bytes]:
    """Open a file for reading, but nothing that only looks like one: a pipe would be waited for without end.

    Raises:
        ImageError: If it is no file.
        OSError: If it cannot be opened.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ImageError("is not a file")
    return path.open("rb")


def files_in(folder: Path) -> Iterator[tuple[str, Path | Exception]]:
    """List the files under a folder by name, with their path in it, those of systems included.

    Yields:
        The path in the folder, and the file, or why it is left out. No link leads out of the folder.
    """
    inside, faults = folder.resolve(), list[OSError]()
    for parent, folders, files in os.walk(folder, onerror=faults.append):
        yield from _drained(faults)
        within = Path(parent).relative_to(folder)
        for name in sorted(name for name in folders if is_system_file(name)):
            folders.remove(name)
            yield _path_in(within, name), Path(parent, name)
        folders.sort()
        for name in folders:
            if _is_link(Path(parent, name)):
                yield _path_in(within, name), ImageError("is a link to a folder: add that folder itself")
        for name in sorted(files):
            yield _path_in(within, name), _checked(Path(parent, name), inside)
    yield from _drained(faults)


def _drained(faults: list[OSError]) -> Iterator[tuple[str, Path | Exception]]:
    while faults:
        fault = faults.pop(0)
        yield Path(str(fault.filename)).name, fault


def _path_in(folder: Path, name: str) -> str:
    return str(PurePosixPath(*folder.parts, name))


def _checked(path: Path, inside: Path) -> Path | Exception:
    try:
        leads_out = path.is_symlink() and not _resolved(path).is_relative_to(inside)
    except Exception as error:
        return error
    return ImageError("is a link to a place outside the folder") if leads_out else path


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link to itself
        return Path(path.anchor)
