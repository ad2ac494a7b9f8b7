"""Which parts of a page are forgotten where it ends early."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

from pages._ui.shell import compat


class Storage:
    def __init__(self):
        self.kept = {"of this run", "of another run"}

    def clear(self, new_fragment_ids):
        self.kept &= new_fragment_ids


@pytest.fixture
def run(monkeypatch):
    """A run of a page that has drawn one part."""
    made = SimpleNamespace(
        script_requests=ScriptRequests(),
        fragment_ids_this_run=None,
        fragment_storage=Storage(),
        shared=SimpleNamespace(new_fragment_ids=SimpleNamespace(snapshot=lambda: frozenset({"of this run"}))),
    )
    monkeypatch.setattr(compat, "get_script_run_ctx", lambda **_: made)
    return made


def test_parts_that_the_page_no_longer_has_are_forgotten(run):
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run"}


def test_a_run_that_was_told_to_stop_leaves_the_parts_of_the_one_that_took_its_place(run):
    run.script_requests.request_stop()
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run", "of another run"}


def test_a_part_that_is_drawn_again_forgets_nothing(run):
    run.fragment_ids_this_run = ["of this run"]
    compat.forget_others()
    assert run.fragment_storage.kept == {"of this run", "of another run"}
