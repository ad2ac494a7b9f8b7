"""The shelf of workspaces: nobody waits for another's file, and no file breaks the list."""

import contextlib
import shutil
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest

from featx_core.base.files.folders import data_folder
from featx_core.images.decoding import ImageError
from featx_core.workspace.store import DamagedWorkspaceError, WorkspaceBusyError, WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import library
from tests.toys.files.edited_workspaces import edit, make


@pytest.fixture
def closed(shelve, make_png):
    """A workspace on the shelf that nobody has open, in a journal mode in which it can be held alone; gives its token."""

    def make(number: int = 0) -> str:
        token = shelve([(f"{number}.png", make_png(number))])
        library._open.pop(token).close()
        edit(library.path_of(token), "PRAGMA journal_mode = DELETE")
        return token

    return make


@contextlib.contextmanager
def held(token: str):
    """Hold a workspace's file as another program does that does not let go of it."""
    with contextlib.closing(sqlite3.connect(library.path_of(token), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.slow
def test_nobody_waits_for_a_workspace_of_others_that_is_held(closed, monkeypatch):
    monkeypatch.setattr(library, "PATIENCE", 3.0)
    busy, free = closed(1), closed(2)
    with held(busy):
        waiting = threading.Thread(target=_quietly, args=(busy,))
        waiting.start()
        time.sleep(0.3)
        started = time.perf_counter()
        assert library.open_workspace(free).images().names == ["2.png"]
        assert library.recent()
        assert time.perf_counter() - started < 1.5
        waiting.join(20)


def _quietly(token: str) -> None:
    with contextlib.suppress(WorkspaceError):
        library.open_workspace(token)


def test_a_held_workspace_says_whose_turn_it_is_and_opens_afterwards(closed, monkeypatch):
    monkeypatch.setattr(library, "PATIENCE", 0.5)
    token = closed()
    with held(token), pytest.raises(WorkspaceBusyError, match="Another program has kept this workspace locked"):
        library.open_workspace(token)
    assert library.open_workspace(token).images().names == ["0.png"]


@pytest.mark.slow
def test_all_who_wait_for_one_workspace_get_one_answer_together(closed, monkeypatch):
    monkeypatch.setattr(library, "PATIENCE", 1.0)
    token, found = closed(), []

    def wait() -> None:
        try:
            found.append(library.open_workspace(token))
        except WorkspaceError as error:
            found.append(error)

    with held(token):
        threads = [threading.Thread(target=wait) for _ in range(8)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert time.perf_counter() - started < 4
    assert len(found) == 8
    assert {type(answer) for answer in found} == {WorkspaceBusyError}
    assert library._opening == {}


def test_many_who_open_a_workspace_at_once_share_it(closed):
    token, found = closed(), []
    threads = [threading.Thread(target=lambda: found.append(library.open_workspace(token))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 8
    assert len({id(workspace) for workspace in found}) == 1


def test_who_waits_too_long_for_another_visitor_is_told(closed, monkeypatch):
    monkeypatch.setattr(library, "PATIENCE", 0.1)
    token, goes_on = closed(), threading.Event()
    original = library._open_file

    def slow(path, make):
        goes_on.wait(20)
        return original(path, make)

    monkeypatch.setattr(library, "_open_file", slow)
    opener = threading.Thread(target=library.open_workspace, args=(token,))
    opener.start()
    while token not in library._opening:
        time.sleep(0.01)
    try:
        with pytest.raises(WorkspaceBusyError, match="Another visitor is opening this workspace"):
            library.open_workspace(token)
    finally:
        goes_on.set()
        opener.join(20)
    assert library.open_workspace(token).images().names == ["0.png"]


def test_a_damaged_workspace_is_set_aside_with_a_sentence(closed):
    token = closed()
    edit(library.path_of(token), "UPDATE images SET width = -1")
    content = library.path_of(token).read_bytes()
    with pytest.raises(DamagedWorkspaceError, match=r"the width of an image .* It was set aside, unchanged"):
        library.open_workspace(token)
    assert not library.exists(token)
    assert (data_folder("damaged workspaces") / f"{token}.featx").read_bytes() == content
    with pytest.raises(WorkspaceError, match="is no longer on this computer"):
        library.open_workspace(token)


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 99", "PRAGMA application_id = 1"])
def test_a_workspace_of_a_newer_featx_stays_where_it_is(closed, statement):
    token = closed()
    edit(library.path_of(token), statement)
    with pytest.raises(WorkspaceError):
        library.open_workspace(token)
    assert library.exists(token)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET value = x'FFFE' WHERE name = 'title'",
        "CREATE VIEW extra AS SELECT 1",
        "CREATE TRIGGER evil AFTER UPDATE ON images BEGIN DELETE FROM images; END",
        "UPDATE images SET content_id = 99",
        "UPDATE images SET notes = 7",
    ],
)
def test_an_uploaded_file_that_was_edited_is_refused_and_leaves_nothing(shelve, make_png, tmp_path, statement):
    token = shelve([("a.png", make_png())])
    library.open_workspace(token).title = "A"
    library.open_workspace(token).copy_to(tmp_path / "copy.featx")
    edit(tmp_path / "copy.featx", statement)
    before = sorted(data_folder("workspaces").iterdir())
    with pytest.raises(DamagedWorkspaceError, match="is damaged or was edited"):
        library.adopt((tmp_path / "copy.featx").read_bytes())
    assert sorted(data_folder("workspaces").iterdir()) == before


@pytest.mark.parametrize("keeps_links", [True, False])
def test_links_of_an_uploaded_file_hold_only_where_the_machine_alone_reaches_the_server(
    tmp_path, make_png, keeps_links
):
    (tmp_path / "a.png").write_bytes(make_png())
    linked = Workspace.open(tmp_path / "linked.featx")
    linked.add([tmp_path / "a.png"], link=True)
    linked.close()
    token = library.adopt((tmp_path / "linked.featx").read_bytes(), keeps_links=keeps_links)
    image = library.open_workspace(token).images()[0]
    if keeps_links:
        assert image.read() == make_png()
    else:
        with pytest.raises(ImageError, match="stays in a folder of another computer"):
            image.read()


def test_an_uploaded_file_that_holds_too_much_is_refused(shelve, make_png, tmp_path, monkeypatch):
    monkeypatch.setattr(library, "MAX_ADOPTED_IMAGES", 1)
    token = shelve([("a.png", make_png(1)), ("b.png", make_png(2))])
    library.open_workspace(token).copy_to(tmp_path / "copy.featx")
    with pytest.raises(WorkspaceError, match=r"holds 2 images\. The limit for uploads is 1 image"):
        library.adopt((tmp_path / "copy.featx").read_bytes())


def test_an_uploaded_file_with_more_runs_than_pages_can_list_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "MAX_ADOPTED_RUNS", 0)
    make(tmp_path / "whole.featx")
    with pytest.raises(WorkspaceError, match=r"holds 1 run\. The limit for uploads is 0 runs"):
        library.adopt((tmp_path / "whole.featx").read_bytes())


def test_an_upload_for_which_the_disk_has_no_room_says_so_and_leaves_nothing(monkeypatch):
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(data_folder("workspaces").iterdir())
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WorkspaceError, match="cannot be saved: the disk is full"):
        library.adopt(b"x" * 4096)
    assert sorted(data_folder("workspaces").iterdir()) == before


def spoilt(path: Path, how: str, good: Path) -> None:
    if how == "text":
        path.write_text("hello " * 500)
    elif how == "empty":
        path.touch()
    elif how == "folder":
        path.mkdir()
    elif how == "link":
        path.symlink_to(path)
    elif how == "title":
        shutil.copy(good, path)
        edit(path, "UPDATE facts SET value = x'FF' WHERE name = 'title'", "INSERT INTO facts VALUES ('title', x'FF')")
    elif how == "view":
        shutil.copy(good, path)
        edit(path, "DROP TABLE runs", "CREATE VIEW runs AS SELECT 1")
    else:
        content = bytearray(good.read_bytes())
        content[100:3000] = b"\xff" * 2900
        path.write_bytes(content)


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
@pytest.mark.parametrize("how", ["text", "empty", "folder", "link", "title", "view", "damage"])
def test_no_file_on_the_shelf_breaks_the_list_of_recent_ones(shelve, make_png, tmp_path, how):
    token = shelve([("a.png", make_png())])
    library.open_workspace(token).copy_to(tmp_path / "good.featx")
    spoilt(library.path_of(library.new_token()), how, tmp_path / "good.featx")
    (data_folder("workspaces") / "no token.featx").touch()
    assert [entry.token for entry in library.recent()] == [token]


def test_a_file_that_vanishes_while_the_list_is_made_is_no_fault(shelve, make_png, monkeypatch):
    token = shelve([("a.png", make_png())])
    gone = library.path_of(library.new_token())
    original = Path.glob
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [*original(self, pattern), gone])
    assert [entry.token for entry in library.recent()] == [token]


@pytest.mark.slow
def test_many_files_that_are_held_delay_nobodys_page_twice(closed, monkeypatch):
    monkeypatch.setattr(library, "_GLANCES_SECONDS", 0.5)
    tokens = [closed(number) for number in range(6)]
    with contextlib.ExitStack() as stack:
        for token in tokens:
            stack.enter_context(held(token))
        started = time.perf_counter()
        assert library.recent() == []
        assert time.perf_counter() - started < 1.5
        library.recent()
        started = time.perf_counter()
        assert library.recent() == []
        assert time.perf_counter() - started < 0.7


def test_room_is_held_back_beside_the_workspaces(shelve, make_png):
    shelve([("a.png", make_png())])
    assert (data_folder("workspaces") / "reserve").stat().st_size > 0
    assert Workspace.open(":memory:").size() == (0, 0)
