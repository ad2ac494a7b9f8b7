"""A look at a workspace file from outside: quick, harmless, and never a fault."""

import contextlib
import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from featx_core.workspace import schema
from featx_core.workspace.glance import glance
from featx_core.workspace.workspace import Workspace
from tests.toys.files.edited_workspaces import edit, make

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "before_the_move.featx"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make(tmp_path / "a.featx")
    return tmp_path / "a.featx"


def test_title_and_counts_are_those_of_the_opened_workspace(path: Path) -> None:
    workspace = Workspace.open(path)
    assert glance(path) == (workspace.title, len(workspace.images()), len(workspace.ledger.runs())) == ("Trip", 4, 1)


def test_a_file_of_an_older_version_is_looked_at_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "old.featx"
    shutil.copy(GOLDEN, path)
    assert glance(path) == ("Made before the move", 10, 6)
    assert path.read_bytes() == GOLDEN.read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET value = x'FFFE' WHERE name = 'title'",
        "UPDATE facts SET value = CAST(x'FFFE' AS TEXT) WHERE name = 'title'",
        "CREATE VIEW extra AS SELECT 1",
        "DROP TABLE runs",
        "PRAGMA user_version = 99",
        "PRAGMA user_version = -1",
    ],
)
def test_what_is_not_as_featx_writes_it_is_passed_over(path: Path, statement: str) -> None:
    edit(path, statement)
    assert glance(path) is None


def test_a_long_title_is_shortened_and_made_plain(path: Path) -> None:
    edit(path, f"UPDATE facts SET value = '\u202e{'x' * 10_000}' WHERE name = 'title'")
    found = glance(path)
    assert found is not None
    assert found.title == "x" * 79 + "…"


@pytest.mark.parametrize("content", [b"", b"hello " * 999, b"SQLite format 3\x00" + b"\xff" * 5_000])
def test_what_is_no_workspace_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.featx").write_bytes(content)
    assert glance(tmp_path / "a.featx") is None
    assert glance(tmp_path / "missing.featx") is None
    assert glance(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_link_to_itself_is_passed_over(tmp_path: Path) -> None:
    os.symlink(tmp_path / "a.featx", tmp_path / "a.featx")
    assert glance(tmp_path / "a.featx") is None


def test_tables_that_are_views_without_an_end_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "endless.featx"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in schema.MIGRATIONS[0]:
            if not statement.startswith("CREATE TABLE images") and "ON images" not in statement:
                connection.execute(statement)
        endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
        connection.execute(f"CREATE VIEW images AS {endless}")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    started = time.perf_counter()
    assert glance(path) is None
    assert time.perf_counter() - started < 2


def test_a_file_that_another_program_holds_is_passed_over_at_once(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        started = time.perf_counter()
        assert glance(path) is None
        assert time.perf_counter() - started < 2
