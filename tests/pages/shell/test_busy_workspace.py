"""A workspace that cannot be opened now: the page says why and waits, and its link stays what it is."""

import contextlib
import sqlite3

import pytest

from pages._ui.shell import library
from tests.toys.files.edited_workspaces import edit


@pytest.fixture
def token(shelve, make_png, monkeypatch):
    monkeypatch.setattr(library, "PATIENCE", 0.3)
    token = shelve([("a.png", make_png())])
    library._open.pop(token).close()
    edit(library.path_of(token), "PRAGMA journal_mode = DELETE")
    return token


@contextlib.contextmanager
def held(token):
    with contextlib.closing(sqlite3.connect(library.path_of(token), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield


def test_a_workspace_that_another_program_holds_is_waited_for(visit, token):
    with held(token):
        visitor = visit(token)
        assert "Another program has kept this workspace locked" in visitor.words
        assert visitor.token == token
        assert visitor.buttons == ["Try again", "New workspace"]
    visitor.press("Try again")
    assert "1 image, no labels yet." in visitor.words
    assert visitor.has_no_fault


def test_whoever_does_not_want_to_wait_gets_a_new_workspace(visit, token):
    with held(token):
        visitor = visit(token).press("New workspace")
        assert visitor.token != token
        assert "Try with photographs" in visitor.buttons
    assert library.open_workspace(token).images().names == ["a.png"]


def test_a_damaged_workspace_is_named_and_a_new_one_takes_its_place(visit, token):
    edit(library.path_of(token), "UPDATE images SET height = 'tall'")
    visitor = visit(token)
    assert visitor.token != token
    said = [warning.value for warning in visitor.tab.warning]
    assert said == [
        "This workspace file is damaged or was edited: the height of an image is of the wrong kind or out of range. "
        "It was set aside, unchanged."
    ]
    assert visitor.has_no_fault
