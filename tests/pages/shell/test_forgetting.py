"""Which parts of a page are forgotten where it ends early."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from pages._ui.shell import compat, fragments


class Storage:
    def __init__(self):
        self.kept = {"of this run", "of another run"}

    def clear(self, new_fragment_ids):
        self.kept &= new_fragment_ids


@pytest.fixture
def run(monkeypatch):
    """A run of a page that has drawn one part and was told to stop."""
    made = SimpleNamespace(
        session_id="ada",
        script_requests=ScriptRequests(),
        fragment_ids_this_run=None,
        fragment_storage=Storage(),
        shared=SimpleNamespace(new_fragment_ids=SimpleNamespace(snapshot=lambda: frozenset({"of this run"}))),
    )
    made.script_requests.request_stop()
    monkeypatch.setattr(compat, "get_script_run_ctx", lambda **_: made)
    return made


@pytest.fixture
def runner(monkeypatch):
    """Let the session of the run have this runner now."""

    def take(runner):
        sessions = SimpleNamespace(
            get_session_info={"ada": SimpleNamespace(session=SimpleNamespace(_scriptrunner=runner))}.get
        )
        server = SimpleNamespace(_session_mgr=sessions)
        monkeypatch.setattr(compat, "runtime", SimpleNamespace(exists=lambda: True, get_instance=lambda: server))

    return take


def test_parts_that_the_page_no_longer_has_are_forgotten(run, runner):
    runner(SimpleNamespace(_requests=run.script_requests))
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run"}


def test_so_they_are_without_a_server(run):
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run"}


@pytest.mark.parametrize("other", [None, SimpleNamespace(_requests=ScriptRequests())])
def test_a_run_that_another_takes_the_place_of_leaves_the_parts_of_that_one(run, runner, other):
    runner(other)
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run", "of another run"}


def test_a_run_of_a_session_that_is_gone_forgets_nothing(run, runner):
    runner(None)
    run.session_id = "nobody"
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run", "of another run"}


def test_a_part_that_is_drawn_again_forgets_nothing(run):
    run.fragment_ids_this_run = ["of this run"]
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run", "of another run"}


@pytest.mark.parametrize("end", [fragments.end_page, lambda: 1 / 0])
def test_a_page_that_ends_early_or_fails_forgets_them_too(run, end):
    with pytest.raises((StopException, ZeroDivisionError)), compat.forgetting():
        end()
    assert run.fragment_storage.kept == {"of this run"}


def test_a_page_that_is_drawn_anew_at_once_leaves_that_to_the_next_run(run):
    with pytest.raises(RerunException), compat.forgetting():
        raise RerunException(RerunData())
    assert run.fragment_storage.kept == {"of this run", "of another run"}


def test_no_page_ends_by_what_refuses_all_that_comes_after():
    files = sorted(Path(fragments.__file__).parents[2].rglob("*.py"))
    assert len(files) > 20
    assert [str(file) for file in files if "st.stop(" in file.read_text()] == []


def test_files_that_were_taken_over_are_let_go_of(run):
    run.uploaded_file_mgr = MemoryUploadedFileManager("/upload")
    for owner, number in (("ada", "1"), ("ada", "2"), ("bob", "1")):
        run.uploaded_file_mgr.add_file(owner, UploadedFileRec(number, "a.png", "image/png", b"bytes"))
    upload = UploadedFile(*run.uploaded_file_mgr.get_files("ada", ["1"]), None)
    compat.release([upload])
    assert run.uploaded_file_mgr.get_files("ada", ["1"]) == []
    assert len(run.uploaded_file_mgr.get_files("ada", ["2"])) == len(run.uploaded_file_mgr.get_files("bob", ["1"])) == 1
    assert upload.getvalue() == b"bytes"
