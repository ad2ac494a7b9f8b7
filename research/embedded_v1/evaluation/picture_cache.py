"""Pictures of tasks and features of competitors, kept between processes: making them takes longer than measuring."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from featx_core.base.files.whole_file import replacing

ONLY_COUNT = ("__init__.py", "report.py", "results.py", "scores.py", "speed.py", "thresholds.py", "whole.py")
"""Files of which no picture and no feature depends."""


def kept(name: str, seed: int, draw: Callable[[], Sequence[np.ndarray]]) -> np.ndarray:
    """Draw pictures, or read them where the same code has drawn them before.

    Args:
        name: Of the task.
        seed: Of the suite.
        draw: Called where they are not there yet.

    Returns:
        uint8 `(n, height, width, 3)`.
    """
    return kept_arrays(f"{name} {seed}", lambda: {"images": np.stack(draw())})["images"]


def kept_arrays(name: str, make: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Make named arrays, or read them where the same code has made them before.

    Args:
        name: Unique.
        make: Called where they are not there yet.
    """
    path = folder() / f"{name.replace(' ', '_')}.npz"
    errors = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)
    with contextlib.suppress(*errors), np.load(path) as file:
        return dict(file)
    arrays = dict(make())
    with contextlib.suppress(OSError):  # without it the next run makes them again
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    return arrays


@cache
def folder() -> Path:
    """Give the folder for the present state of the code: whatever draws is changed, and all is made again."""
    here = Path(__file__).parent
    drawing = [path for path in sorted(here.rglob("*.py")) if path.name not in ONLY_COUNT]
    sha = hashlib.sha256(np.__version__.encode())
    networks = here.parents[2] / "featx_core" / "networks"
    for path in [*drawing, networks / "embedded" / "network.py", networks / "initialization.py"]:
        sha.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return Path(tempfile.gettempdir()) / f"featx_suites_{sha.hexdigest()[:16]}"
