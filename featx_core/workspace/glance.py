"""A quick look at a workspace file without opening it: its title and size."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from featx_core.base.files.file_names import shown_text
from featx_core.workspace import schema
from featx_core.workspace.preparation import forbid_what_files_bring

GLANCE_SECONDS = 0.2
"""How long one file may take, however large, damaged, busy or hostile it is."""

MAX_TITLE = 80  # characters
_STEPS = 1_000  # of SQLite's machine, between two looks at the clock


class Glance(NamedTuple):
    """What is in a workspace, without its checks."""

    title: str
    n_images: int
    n_runs: int


def glance(path: Path) -> Glance | None:
    """Look at a file, which is not changed. None for one that is no workspace, is busy, or is not what it should be."""
    try:
        with contextlib.closing(_opened(path)) as connection:
            return _glance(connection)
    except Exception:  # whatever a file makes fail: it is not there, then
        return None


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=GLANCE_SECONDS)
    deadline = time.monotonic() + GLANCE_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    forbid_what_files_bring(connection)
    return connection


def _glance(connection: sqlite3.Connection) -> Glance | None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 1 <= version <= len(schema.MIGRATIONS) or schema.objects(connection) != schema.expected_objects(version):
        return None
    title = connection.execute("SELECT substr(value, 1, 1000) FROM facts WHERE name = 'title'").fetchone()
    if title is not None and not isinstance(title[0], str):
        return None
    n_images, n_runs = (
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("images", "runs")
    )
    return Glance((shown_text(title[0], MAX_TITLE) if title else "") or "Untitled", n_images, n_runs)
