"""Parts of a file that featx does not know: triggers, views, statistics."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from featx_core.workspace import schema
from featx_core.workspace.store import DamagedWorkspaceError
from featx_core.workspace.workspace import Workspace
from tests.toys.files.edited_workspaces import edit, make, read_everything


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.featx"
    make(path)
    return path


@pytest.fixture
def path(whole_file: Path, tmp_path: Path) -> Path:
    shutil.copy(whole_file, tmp_path / "copy.featx")
    return tmp_path / "copy.featx"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER UPDATE ON images BEGIN DELETE FROM images; END",
        "CREATE TRIGGER evil AFTER INSERT ON facts BEGIN DELETE FROM images; END",
        "CREATE VIEW extra AS SELECT * FROM facts",
        "CREATE TABLE extra (id INTEGER)",
        "CREATE INDEX extra ON images (label)",
        "ALTER TABLE images ADD COLUMN extra TEXT",
        "ALTER TABLE images RENAME COLUMN path TO way",
        "DROP TABLE results",
        "DROP INDEX vectors_by_content",
    ],
)
def test_a_file_with_other_parts_than_those_of_featx_is_refused_and_nothing_is_changed(
    path: Path, statement: str
) -> None:
    edit(path, statement)
    before = path.read_bytes()
    with pytest.raises(DamagedWorkspaceError, match="holds parts that featx does not know"):
        Workspace.open(path)
    assert path.read_bytes() == before


def test_a_trigger_under_the_name_of_a_statistic_is_refused(path: Path) -> None:
    edit(
        path,
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('trigger', 'sqlite_stat1', 'facts', 0,"
        " 'CREATE TRIGGER sqlite_stat1 AFTER INSERT ON facts BEGIN DELETE FROM images; END')",
    )
    with pytest.raises(DamagedWorkspaceError):
        Workspace.open(path)


def test_statistics_that_sqlite_keeps_are_no_fault(path: Path) -> None:
    edit(path, "ANALYZE")
    read_everything(Workspace.open(path))


def test_a_trigger_in_a_file_of_an_older_version_is_refused_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.featx"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in schema.MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("CREATE TRIGGER evil AFTER UPDATE ON images BEGIN DELETE FROM images; END")
    before = path.read_bytes()
    with pytest.raises(DamagedWorkspaceError, match="parts that featx does not know"):
        Workspace.open(path)
    assert path.read_bytes() == before


def test_a_trigger_that_comes_while_the_file_is_open_does_not_run(path: Path) -> None:
    workspace = Workspace.open(path)
    n_images = len(workspace.images())
    edit(path, "CREATE TRIGGER evil AFTER UPDATE ON images BEGIN DELETE FROM images; END")
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        workspace.set_labels({workspace.images().names[0]: "owl"})
    assert len(workspace.images()) == n_images
