"""Removing images offers to take it back for ten seconds; then they are gone for good."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import featx_core as fx
from featx_core.workspace.store import DiskFullError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import library, undo
from tests.toys.app.visiting import tiles


@pytest.fixture
def clock(monkeypatch):
    """What the time is, and no threads that wait for it; gives how to let it pass."""
    now, later = [1_000.0], []
    monkeypatch.setattr(undo, "_now", lambda: now[0])
    monkeypatch.setattr(undo, "_later", lambda seconds, work: later.append((now[0] + seconds, work)))

    def wait(seconds):
        now[0] += seconds
        for due, work in later:
            if due <= now[0]:
                work()

    return wait


@pytest.fixture
def visitor(visit, shelve, make_png):
    token = shelve([(f"{label}/{number}.png", make_png(number)) for number, label in enumerate(["cat", "cat", "dog"])])
    return visit(token)


def removed(visitor):
    """Remove the two cats, as the filter shows them."""
    visitor.tab.selectbox(key="show_images").set_value(("label", "cat")).run()
    visitor.press("Choose these").press("Remove")
    visitor.tab.selectbox(key="show_images").set_value(("all", "All images")).run()
    return visitor


def test_what_was_removed_can_be_taken_back(visitor, clock):
    removed(visitor)
    assert [tile["name"] for tile in tiles(visitor)] == ["2.png"]
    assert "2 images were removed." in visitor.words
    visitor.press("Undo")
    assert visitor.workspace.images().names == ["0.png", "1.png", "2.png"]
    assert "were removed" not in visitor.words
    assert "Undo" not in visitor.buttons


def test_after_ten_seconds_it_is_gone_for_good(visitor, clock):
    removed(visitor)
    clock(11.0)
    visitor.run()
    assert "Undo" not in visitor.buttons
    assert visitor.workspace._store.value("SELECT count(*) FROM contents") == 1


def test_the_first_screen_offers_it_as_well_when_no_image_is_left(visit, shelve, make_png, clock):
    visitor = visit(shelve([("cat/a.png", make_png(1)), ("dog/b.png", make_png(2)), ("c.png", make_png(3))]))
    undo_key = visitor.workspace.removals.take_images(visitor.workspace.images().names)
    visitor.tab.session_state["undo_offer"] = undo._Offer(undo_key, "3 images were removed.", 1_005.0)
    visitor.run()
    assert "Try with photographs" in visitor.buttons
    visitor.press("Undo")
    assert len(visitor.workspace.images()) == 3


@pytest.fixture
def set_of_vectors(visit, shelve):
    """A visitor of a workspace with two sets of vectors and no image, and the digest of the newest."""
    token = shelve([])
    for title in ("First", "Second"):
        values = np.random.default_rng(len(title)).normal(size=(6, 3)).astype(np.float32)
        fx.add_vectors(library.open_workspace(token), fx.Vectors(values, None, (None,) * 6), title=title)
    visitor = visit(token)
    return visitor, visitor.workspace.ledger.runs()[0].digest


def test_a_set_of_vectors_that_was_removed_can_be_taken_back(set_of_vectors, clock):
    visitor, digest = set_of_vectors
    before = visitor.workspace.ledger.runs()
    visitor.tab.button(key=f"remove_{digest[:12]}").click().run()
    assert [run.title for run in visitor.workspace.ledger.runs()] == ["First"]
    assert "Second was removed." in visitor.words
    visitor.press("Undo")
    assert visitor.workspace.ledger.runs() == before
    assert fx.load_features(visitor.workspace, digest).vectors.shape == (6, 3)
    assert "Undo" not in visitor.buttons
    assert visitor.has_no_fault


def test_a_removed_set_of_vectors_is_gone_for_good_after_ten_seconds(set_of_vectors, clock):
    visitor, digest = set_of_vectors
    visitor.tab.button(key=f"remove_{digest[:12]}").click().run()
    assert len(visitor.workspace.artefacts()) == 2
    clock(11.0)
    visitor.run()
    assert "Undo" not in visitor.buttons
    assert list(visitor.workspace.artefacts().values()) == ["First.npz"]
    assert visitor.workspace._store.value("SELECT count(*) FROM removed_runs") == 0


def test_the_last_set_can_be_taken_back_too(set_of_vectors, clock):
    visitor, _ = set_of_vectors
    for run in visitor.workspace.ledger.runs():
        visitor.tab.button(key=f"remove_{run.digest[:12]}").click().run()
    assert "Try with samples" in visitor.buttons
    visitor.press("Undo")
    assert [run.title for run in visitor.workspace.ledger.runs()] == ["First"]


def drawer(token, name):
    """Draw the inside of the drawer as a page of its own: `AppTest` does not draw dialogs again."""
    return AppTest.from_string(
        "import streamlit as st\n"
        f"st.session_state.setdefault('token', {token!r})\n"
        "from pages._ui.images import gallery\n"
        f"gallery._drawer.__wrapped__({name!r})",
        default_timeout=60,
    ).run()


def press(tab, label):
    next(button for button in tab.button if button.label == label).click().run()


def test_the_drawer_removes_one_image(shelve, make_png, clock):
    token = shelve([("a.png", make_png(1)), ("b.png", make_png(2))])
    tab = drawer(token, "a.png")
    press(tab, "Remove from workspace")
    workspace = library.open_workspace(token)
    assert workspace.images().names == ["b.png"]
    assert tab.session_state["undo_offer"].words == "1 image was removed."
    assert workspace.removals.undo(tab.session_state["undo_offer"].removal) == 1


def test_the_drawer_shows_the_path_and_takes_a_long_label(shelve, make_png):
    token = shelve([("pets/cats/a.png", make_png(1)), ("pets/dogs/b.png", make_png(2))])
    library.open_workspace(token).set_labels({"a.png": "x" * 300})
    tab = drawer(token, "a.png")
    assert not tab.exception
    assert tab.text_input[0].value == "x" * 300
    assert "pets/cats/a\\.png" in [caption.value for caption in tab.caption]


def test_a_disk_that_takes_nothing_is_said_in_the_drawer(shelve, make_png, monkeypatch):
    def full(self, labels):
        raise DiskFullError("Results are not being saved: the disk is full.")

    token = shelve([("a.png", make_png(1))])
    tab = drawer(token, "a.png")
    monkeypatch.setattr(Workspace, "set_labels", full)
    tab.text_input[0].set_value("cat").run()
    assert [error.value for error in tab.error] == ["Results are not being saved\\: the disk is full\\."]


def test_an_image_whose_bytes_are_damaged_is_grey_and_the_drawer_still_opens(shelve, make_png):
    token = shelve([("a.png", make_png(1)), ("b.png", make_png(2))])
    workspace = library.open_workspace(token)
    with workspace._store.transaction() as connection:
        connection.execute("UPDATE contents SET bytes = x'00' WHERE id = 1")
    tab = drawer(token, "a.png")
    assert not tab.exception
    assert "Remove from workspace" in [button.label for button in tab.button]
