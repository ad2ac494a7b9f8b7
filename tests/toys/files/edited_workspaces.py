"""Workspace files as somebody edits them who knows SQLite, and everything that reads one."""

import contextlib
import sqlite3
from pathlib import Path

import numpy as np

from featx_core.images.decoding import ImageError
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import encoded, picture

SPEC = Pretrained(weights="random")


def make(path: Path) -> None:
    """Make a workspace with everything in it: images, labels, a run with vectors, a kept file, a result, a removed image."""
    workspace = Workspace.open(path)
    workspace.title = "Trip"
    files = [
        (f"{'cat' if number % 2 else 'dog'}/{number}.png", encoded(picture(24, 20, number))) for number in range(5)
    ]
    workspace.add([*files, ("notes.txt", b"hello")])
    digests = workspace.images().digests
    workspace.vectors.save(SPEC.digest, {digest: np.ones(3, np.float32) for digest in digests})
    workspace.ledger.save(SPEC, {"seconds": 1.0, "feature_shape": [3], "notes": ["a note"], "skipped": []})
    workspace.put_artefact("weights.h5", b"weights")
    workspace.put_result("map", b"1234")
    workspace.removals.take_images([workspace.images().names[4]])
    workspace.close()


def edit(path: Path, *statements: str) -> None:
    """Change a workspace file behind featx's back, whatever its own rules say."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)


def read_everything(workspace: Workspace) -> None:
    """Read all that pages read of a workspace. What is missing or damaged may be said, in the words that are meant for it."""
    assert isinstance(workspace.title, str)
    workspace.size()
    workspace.last_intake()
    workspace.fact("attribution")
    workspace.label_level()
    workspace.folder_levels()
    for record in workspace.images():
        assert isinstance(f"{record.name}{record.label or ''}{record.path}", str)
        assert record.width * record.height > 0
        assert f"{record.brightness:.0f}"
        with contextlib.suppress(ImageError, KeyError):
            record.thumbnail()
        with contextlib.suppress(ImageError, KeyError):
            record.pixels()
    for run in workspace.ledger.runs():
        assert run.title
        assert (run.details.get("seconds") or 0) < float("inf")
    for array in workspace.vectors.load(SPEC.digest, workspace.images().digests).values():
        assert array.dtype == np.float32
    workspace.vectors.stored(SPEC.digest)
    workspace.rows(SPEC.digest)
    for digest in workspace.artefacts():
        with contextlib.suppress(KeyError):
            workspace.artefact(digest)
    workspace.result("map")
