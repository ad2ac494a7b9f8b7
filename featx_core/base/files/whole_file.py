"""Atomic files: readers see a complete file or none."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PART_SUFFIX = ".part"
STRAY_SECONDS = 3600.0
"""After so long, what is still half-written was left by a process that died."""


def write_whole(path: Path, content: bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file in place of what is there, all at once.

    Args:
        path: In a folder that exists.
        content: Its bytes, perhaps in several pieces.

    Raises:
        OSError: If it cannot be written. What was there before is then still there.
    """
    with replacing(path) as part, part.open("wb") as file:
        file.writelines([content] if isinstance(content, bytes) else content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Return the path of a new, empty file, which replaces another when the block ends without an error.

    When it does not, the new file is removed, with what its writer put beside it under its name and a further ending.

    Args:
        path: What is replaced, or made.

    Raises:
        OSError: If the folder cannot be written to.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART_SUFFIX}")
    try:
        part.touch(exist_ok=False)
        yield part
        _force_to_disk(part)
        os.replace(part, path)
    finally:
        for leftover in part.parent.glob(f"{part.name}*"):
            _remove(leftover)


def remove_strays(folder: Path) -> None:
    """Remove half-written files that crashed processes left in a folder."""
    for part in (*folder.glob(f"*{PART_SUFFIX}"), *folder.glob(f"*{PART_SUFFIX}-*")):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > STRAY_SECONDS:
                part.unlink()


def _force_to_disk(path: Path) -> None:
    """Wait until the bytes are on the disk: a name must not get there before them."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
