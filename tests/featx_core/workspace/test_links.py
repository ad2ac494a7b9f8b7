"""Images whose files stay where they are: read there alone, and only where this machine has linked them itself."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featx_core.images import decoding, intake
from featx_core.images.decoding import ImageError
from featx_core.workspace import links
from featx_core.workspace.links import CHANGED, FOREIGN, GONE, UNREADABLE
from featx_core.workspace.workspace import Workspace
from tests.toys.files.edited_workspaces import edit, read_everything


@pytest.fixture
def folder(tmp_path: Path, make_png: Callable[..., bytes]) -> Path:
    for number in range(4):
        label = tmp_path / "pets" / ("cat" if number % 2 else "dog")
        label.mkdir(parents=True, exist_ok=True)
        (label / f"{number}.png").write_bytes(make_png(number))
    return tmp_path / "pets"


@pytest.fixture
def path(tmp_path: Path, folder: Path) -> Path:
    """A workspace file with linked images, closed."""
    workspace = Workspace.open(tmp_path / "linked.featx")
    workspace.add([folder], link=True)
    workspace.close()
    return tmp_path / "linked.featx"


def stored_bytes(workspace: Workspace) -> int:
    return workspace.size()[1]


def test_files_stay_where_they_are_and_are_read_there(folder: Path, path: Path) -> None:
    workspace = Workspace.open(path)
    images = workspace.images()
    assert images.names == ["1.png", "3.png", "0.png", "2.png"]
    assert images.labels == ["cat", "cat", "dog", "dog"]
    assert stored_bytes(workspace) == 0
    assert workspace.n_linked() == 4
    assert [image.read() for image in images] == [(folder / image.label / image.name).read_bytes() for image in images]
    assert "4 files stay where they are: do not move or change them." in workspace.last_intake().sentence()


def test_what_comes_as_bytes_or_in_an_archive_is_copied(tmp_path: Path, make_png: Callable[..., bytes]) -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(9))], link=True)
    assert workspace.n_linked() == 0
    assert stored_bytes(workspace) == len(make_png(9))


def test_a_file_that_is_gone_is_named_and_its_thumbnail_stays(folder: Path, path: Path) -> None:
    workspace = Workspace.open(path)
    (folder / "cat" / "1.png").unlink()
    image, other = workspace.images()[:2]
    with pytest.raises(ImageError) as raised:
        image.read()
    assert str(raised.value) == GONE
    assert raised.value.args[0] == f"1.png {GONE}."
    assert decoding.decode(image.thumbnail()).shape == image.shown_pixels().shape == (30, 40, 3)
    assert other.pixels().shape == (30, 40, 3)


@pytest.mark.parametrize("grows", [False, True])
def test_other_bytes_are_never_taken_for_the_image(folder: Path, path: Path, grows: bool) -> None:
    file = folder / "cat" / "1.png"
    before = file.stat()
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(bytes(content) + b"x" * grows)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ImageError, match=CHANGED):
        Workspace.open(path).images()[0].read()


def test_a_file_that_was_only_touched_is_still_the_image(folder: Path, path: Path) -> None:
    os.utime(folder / "cat" / "1.png", (1, 1))
    assert Workspace.open(path).images()[0].read() == (folder / "cat" / "1.png").read_bytes()


def test_a_file_that_may_not_be_read_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: Path) -> None:
        raise PermissionError(file)

    monkeypatch.setattr(links, "open_file", refuse)
    with pytest.raises(ImageError, match=UNREADABLE):
        Workspace.open(path).images()[0].read()


def never(file: Path | bytes) -> None:
    raise AssertionError(f"{file} was touched")


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any look at a linked file fail the test."""
    monkeypatch.setattr(links, "open_file", never)
    monkeypatch.setattr(links, "_stat", never)


@pytest.mark.usefixtures("untouched")
def test_links_of_another_machine_touch_no_file_of_this_one(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "FEATX_HOME", str(tmp_path / "another machine"))
    workspace = Workspace.open(path)
    for image in workspace.images():
        with pytest.raises(ImageError, match=FOREIGN):
            image.read()
        assert decoding.decode(image.thumbnail()).shape == (30, 40, 3)
    read_everything(workspace)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE links SET path = CAST('{secret}' AS BLOB)",
        "UPDATE links SET n_bytes = 6",
        "UPDATE links SET modified = modified + 1",
        "UPDATE links SET seal = x''",
        "UPDATE links SET seal = zeroblob(32)",
        "UPDATE links SET path = (SELECT path FROM links WHERE content_id = 2)",
        "UPDATE contents SET digest = '" + 64 * "0" + "' WHERE id = 1",
    ],
)
def test_a_link_that_was_edited_opens_no_file(path: Path, tmp_path: Path, statement: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    edit(path, statement.format(secret=secret))
    with pytest.raises(ImageError, match=FOREIGN):
        Workspace.open(path).images()[0].read()


def test_a_server_that_others_reach_breaks_the_links_of_what_they_bring(path: Path) -> None:
    workspace = Workspace.open(path)
    assert workspace.images()[0].read()
    workspace.break_links()
    with pytest.raises(ImageError, match=FOREIGN):
        workspace.images()[0].read()


def test_a_second_time_nothing_is_read_but_what_is_new_or_changed(
    folder: Path, path: Path, make_png: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "dog" / "new.png").write_bytes(make_png(7))
    os.utime(folder / "cat" / "1.png", (1, 1))
    kept = (folder / "dog" / "0.png").stat()
    (folder / "dog" / "0.png").write_bytes(make_png(8, width=64))
    os.utime(folder / "dog" / "0.png", ns=(kept.st_atime_ns, kept.st_mtime_ns))  # another size alone
    read: list[str] = []
    real = intake.open_file
    monkeypatch.setattr(intake, "open_file", lambda file: read.append(file.name) or real(file))
    workspace = Workspace.open(path)
    before = workspace.images()
    workspace.vectors.save("a", dict.fromkeys(before.digests, np.ones(3, np.float32)))
    report = workspace.add([folder], link=True)
    assert sorted(read) == ["0.png", "1.png", "new.png"]
    assert report.added == 2
    assert report.sentence().startswith("2 images are ready. 3 images were in this workspace already.")
    assert workspace.n_left("a") == 2  # the new and the changed one are extracted, and no other
    changed = next(image for image in workspace.images()[len(before) :] if "0" in image.name)
    assert changed.read() == (folder / "dog" / "0.png").read_bytes()


def test_a_second_time_copied_files_are_not_decoded(folder: Path, make_png: Callable[..., bytes]) -> None:
    looked: list[int] = []

    def look(content: bytes, **options: object) -> object:
        looked.append(len(content))
        return decoding.examine(content)

    workspace = Workspace.open(":memory:")
    workspace.add([folder], look=look)
    assert len(looked) == 4
    (folder / "dog" / "new.png").write_bytes(make_png(7))
    report = workspace.add([folder], look=look)
    assert (len(looked), report.added) == (5, 1)


def test_adding_a_moved_folder_mends_its_links(folder: Path, path: Path, tmp_path: Path) -> None:
    shutil.move(folder, tmp_path / "moved" / "pets")
    workspace = Workspace.open(path)
    assert workspace.add([tmp_path / "moved" / "pets"], link=True).added == 0
    assert len(workspace.images()) == workspace.n_linked() == 4
    assert all(image.read() for image in workspace.images())


def test_adding_a_folder_without_links_copies_what_was_linked(folder: Path, path: Path) -> None:
    workspace = Workspace.open(path)
    workspace.add([folder])
    shutil.rmtree(folder)
    assert workspace.n_linked() == 0
    assert stored_bytes(workspace) == sum(len(image.read()) for image in workspace.images()) > 0


def test_a_link_goes_with_its_image(path: Path) -> None:
    workspace = Workspace.open(path)
    workspace.remove(workspace.images().names[:3])
    assert workspace.n_linked() == 1


def test_no_pipe_in_the_place_of_a_file_is_waited_for(folder: Path, path: Path) -> None:
    (folder / "cat" / "1.png").unlink()
    os.mkfifo(folder / "cat" / "1.png")
    with pytest.raises(ImageError, match=GONE):
        Workspace.open(path).images()[0].read()
