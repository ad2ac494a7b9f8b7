"""Where a command writes: a file whose ending names its format, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from featx_core.base.files.whole_file import write_whole
from featx_core.command.outcome import CommandError


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
        write_whole(Path(output), make())
    except OSError as error:
        raise CommandError(
            f"{output} cannot be written: {(error.strerror or 'the system refuses').lower()}."
        ) from error
