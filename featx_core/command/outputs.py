"""Where a command writes: a file whose ending names its format, whole or not at all."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Collection
from pathlib import Path

from featx_core.base.files.whole_file import PART_SUFFIX, write_whole
from featx_core.command.outcome import CommandError

STRAY_SECONDS = 60.0
"""A half-written output that nobody wrote to for so long was left by a command that was killed."""


def ending_of(output: str, allowed: Collection[str]) -> str:
    """The ending of a file name, if it is one of those that a command writes.

    Raises:
        CommandError: If it is not, or if the folder is not there.
    """
    path = Path(output)
    if path.suffix.lower() not in allowed:
        raise CommandError(f"{path.name} has to end in {', '.join(sorted(allowed))}: that names the format.")
    if not path.absolute().parent.is_dir():
        raise CommandError(f"The folder of {output} is not there.")
    return path.suffix.lower()


def write(output: str, make: Callable[[], bytes]) -> None:
    """Write a file beside its place first, so that no half a file ever stands there.

    Raises:
        CommandError: If it cannot be written.
    """
    try:
        _remove_strays(Path(output))
        write_whole(Path(output), make())
    except OSError as error:
        raise CommandError(
            f"{output} cannot be written: {(error.strerror or 'the system refuses').lower()}."
        ) from error


def _remove_strays(path: Path) -> None:
    """Remove what killed commands left half-written of this very output."""
    own = re.compile(rf"{re.escape(path.name)}\.[0-9a-f]{{8}}{re.escape(PART_SUFFIX)}")
    for part in path.absolute().parent.iterdir():
        if own.fullmatch(part.name):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > STRAY_SECONDS:
                    part.unlink()
