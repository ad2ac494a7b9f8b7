"""Reserved disk space, released when the disk is full so that removing things still works."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path

RESERVE_BYTES = 8 * 1024**2
"""As much as removing a thousand images writes before it frees anything."""

PLENTY = 4
"""Room is held back where the disk has so many times as much."""

_CHUNK = bytes(256 * 1024)


class Reserve:
    """A file that holds room, shared by all workspaces of a folder.

    Args:
        path: Of the file. It is made with the first `take`.
        n_bytes: How much it holds.
    """

    def __init__(self, path: Path, n_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._n_bytes = n_bytes
        self._lock = threading.Lock()

    def take(self) -> None:
        """Hold room back, where the disk has plenty of it and none is held yet."""
        with self._lock, contextlib.suppress(OSError):
            is_held = self._path.exists() and self._path.stat().st_size >= self._n_bytes
            if not is_held and shutil.disk_usage(self._path.parent).free >= PLENTY * self._n_bytes:
                self._fill()

    def take_back(self) -> None:
        """Hold back what was given up, or what is left of it."""
        with self._lock, contextlib.suppress(OSError):
            self._fill()

    def give_up(self) -> bool:
        """Return the room back to the disk. Gives whether there was any."""
        with self._lock:
            had = self._path.exists()
            self._remove()
            return had

    def _fill(self) -> None:
        """Write real bytes: a file with a hole holds no room."""
        with self._path.open("wb") as file:
            for _ in range(0, self._n_bytes, len(_CHUNK)):
                file.write(_CHUNK)
            file.flush()
            os.fsync(file.fileno())

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
