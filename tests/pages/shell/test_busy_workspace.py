"""A workspace that cannot be opened now: the page says why and waits, and its link stays what it is."""

import contextlib
import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

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


BUSY = "The workspace is busy: another program is writing to it. Nothing was changed. Try again in a moment."


@contextlib.contextmanager
def written_to(token):
    """Let another program write to the workspace without an end; the page can read it."""
    with contextlib.closing(sqlite3.connect(library.path_of(token), isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def busy_visitor(visit, shelve, make_png, monkeypatch):
    """A visitor of a workspace with labels, and how to let another program write to it."""
    monkeypatch.setattr(library, "PATIENCE", 0.2)
    token = shelve([("cat/a.png", make_png(1)), ("dog/b.png", make_png(2)), ("dog/c.png", make_png(3))])
    library._open.pop(token).close()
    return visit(token)


def said(visitor):
    return [error.value.replace("\\", "") for error in visitor.tab.error]


def rename(visitor):
    next(field for field in visitor.tab.text_input if field.label == "Workspace name").set_value("Trip").run()


def remove_shown(visitor):
    visitor.tab.selectbox(key="show_images").set_value(("label", "cat")).run()
    if "Choose these" in visitor.buttons:
        visitor.press("Choose these")
    visitor.press("Remove")


@pytest.mark.parametrize("change", [rename, remove_shown])
def test_a_small_write_that_cannot_be_done_now_is_said_and_the_page_stands(busy_visitor, change):
    before = busy_visitor.workspace.title, busy_visitor.workspace.images().names
    with written_to(busy_visitor.token):
        change(busy_visitor)
        assert BUSY in said(busy_visitor)
        assert busy_visitor.has_no_fault
        assert "3 images, 2 labels." in busy_visitor.words or "1 image chosen" in busy_visitor.words
        assert (busy_visitor.workspace.title, busy_visitor.workspace.images().names) == before
    change(busy_visitor)
    assert not said(busy_visitor)
    assert (busy_visitor.workspace.title, busy_visitor.workspace.images().names) != before


def test_samples_that_cannot_be_named_now_are_not_begun(visit, shelve, monkeypatch):
    monkeypatch.setattr(library, "PATIENCE", 0.2)
    token = shelve([])
    library._open.pop(token).close()
    visitor = visit(token)
    with written_to(token):
        visitor.press("Try with samples")
        assert said(visitor) == [BUSY]
    assert not len(visitor.workspace.images())
    assert visitor.has_no_fault


def test_a_fault_of_a_workspace_that_no_page_expects_is_said_in_its_own_words():
    tab = AppTest.from_string(
        "from featx_core.workspace.store import DiskFullError\n"
        "from pages._ui.shell.serving import server\n"
        "server.report(DiskFullError('Nothing is saved: the disk is full.'))\n"
        "server.report(KeyError('secret'))"
    ).run()
    first, second = (error.value.replace("\\", "") for error in tab.error)
    assert first == "Nothing is saved: the disk is full."
    assert "could not be drawn (ref " in second
    assert "secret" not in second
