"""The list of images is read again when images changed, wherever they were changed, and not for anything else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featx_core.workspace import image_lists, preparation
from featx_core.workspace.store import DamagedWorkspaceError
from featx_core.workspace.workspace import Workspace, image_set_key
from tests.toys.files.edited_workspaces import edit, make


@pytest.fixture
def two(tmp_path: Path, make_png: Callable[..., bytes]) -> tuple[Workspace, Workspace]:
    """One file, opened twice."""
    one = Workspace.open(tmp_path / "one.featx")
    one.add([(f"{number}.png", make_png(number)) for number in range(4)])
    return one, Workspace.open(tmp_path / "one.featx")


CHANGES = {
    "label": lambda workspace: workspace.set_labels({"0.png": "cat"}),
    "label again": lambda workspace: workspace.set_labels({"0.png": "dog"}),
    "take": lambda workspace: workspace.removals.take_images(["3.png"]),
    "remove": lambda workspace: workspace.remove(["2.png"]),
    "copy": lambda workspace: workspace.add([("copy.png", workspace.images()[0].read())]),
}


def facts(workspace: Workspace) -> list[tuple[str, str | None]]:
    images = workspace.images()
    return list(zip(images.names, images.labels, strict=True))


@pytest.mark.parametrize("first", [0, 1])
def test_what_one_changes_the_other_lists(two, first):
    changing, other = two[first], two[1 - first]
    for change in CHANGES.values():
        before = facts(other)
        change(changing)
        assert facts(other) == facts(changing) != before
        assert other.size() == changing.size()


def test_what_is_taken_and_brought_back_is_listed_again(two):
    key = two[0].removals.take_images(["3.png"])
    assert len(two[1].images()) == 3
    two[0].removals.undo(key)
    assert two[1].images().names[3] == "3.png"


def test_a_changed_label_reads_no_image_again_and_new_images_are_read_alone(two, make_png, monkeypatch):
    listed = two[1].images()
    calls: list[int] = []
    read = two[1]._facts_after
    monkeypatch.setattr(two[1], "_facts_after", lambda number: calls.append(number) or read(number))
    two[0].set_labels({"1.png": "cat"})
    assert two[1].images().facts is listed.facts
    assert two[1].images().labels == [None, "cat", None, None]
    two[0].add([("new.png", make_png(9)), ("same.png", listed[0].read())])
    two[0].set_labels({"new.png": "dog"})
    assert calls == []
    assert facts(two[1])[3:] == [("3.png", None), ("new.png", "dog"), ("same.png", None)]
    assert calls == [4]
    assert list(two[1].images()) == list(Workspace.open(two[0].path).images())
    assert two[1].size() == Workspace.open(two[0].path).size()
    assert listed.labels == [None] * 4


def test_an_image_in_the_place_of_the_last_one_is_another(two, make_png):
    two[1].images()
    two[0].remove(["3.png"])
    two[0].add([("new.png", make_png(9))])
    assert two[1].images().names[3] == "new.png"


def test_vectors_results_and_facts_read_no_image_again(two, monkeypatch):
    one, other = two
    listed = other.images()
    monkeypatch.setattr(image_lists, "_FACTS", "SELECT no such query")
    one.vectors.save("a", {listed[0].digest: np.ones(3, np.float32)})
    one.put_result("b", b"c")
    one.set_fact("d", "e")
    assert other.images() is listed
    assert other.rows("a").names == ("0.png",)


def test_what_was_found_out_once_is_found_out_again_after_a_change(two):
    calls: list[int] = []
    one = two[0]
    for _ in range(2):
        one.once("length", lambda: calls.append(len(one.images())))
    one.remove(["0.png"])
    one.once("length", lambda: calls.append(len(one.images())))
    assert calls == [4, 3]
    images = one.images()
    assert images.once("names", lambda: images.names) is images.once("names", list)
    assert images.digest_of_all == image_set_key(images) == image_set_key(images[:])


def test_of_a_very_large_file_what_has_no_digest_of_its_own_is_looked_through(tmp_path, monkeypatch):
    make(tmp_path / "large.featx")
    monkeypatch.setattr(preparation, "MAX_CHECKED_BYTES", 1)
    assert len(Workspace.open(tmp_path / "large.featx").images()) == 4
    edit(tmp_path / "large.featx", "UPDATE images SET width = 'wide'")
    with pytest.raises(DamagedWorkspaceError):
        Workspace.open(tmp_path / "large.featx")
