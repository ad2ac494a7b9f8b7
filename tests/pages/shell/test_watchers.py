"""Pages that are drawn again when a job ends."""

from types import SimpleNamespace

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSessionState

from pages._ui.shell import compat, watchers


@pytest.fixture
def woken(monkeypatch):
    found = []
    monkeypatch.setattr(compat, "wake", found.append)
    return found


def test_all_who_wait_for_a_job_are_woken_once(monkeypatch, woken):
    for session in ("ada", "ben", "ada"):
        monkeypatch.setattr(compat, "session_id", lambda session=session: session)
        watchers.watch("a job")
    watchers.watch("another job")
    watchers.job_ended("a job")
    assert sorted(woken) == ["ada", "ben"]
    watchers.job_ended("a job")
    watchers.job_ended("a job of nobody")
    assert sorted(woken) == ["ada", "ben"]
    watchers.job_ended("another job")


def test_those_who_wait_longest_look_for_themselves_when_there_are_very_many(monkeypatch, woken):
    monkeypatch.setattr(watchers, "MAX_WATCHED", 2)
    monkeypatch.setattr(compat, "session_id", lambda: "ada")
    for key in ("first", "second", "third"):
        watchers.watch(key)
    for key in ("first", "second", "third"):
        watchers.job_ended(key)
    assert woken == ["ada", "ada"]


class Loop:
    """An event loop whose later calls wait for the test."""

    def __init__(self):
        self.later = []

    def call_soon_threadsafe(self, call, *arguments):
        call(*arguments)

    def call_later(self, _seconds, call, *arguments):
        self.later.append(lambda: call(*arguments))


@pytest.fixture
def session(monkeypatch):
    """A session whose page `map` is being drawn."""
    made = SimpleNamespace(
        _state=AppSessionState.APP_IS_RUNNING,
        _scriptrunner=object(),
        _client_state=ClientState(query_string="w=ada", page_script_hash="map"),
        _event_loop=Loop(),
        runs=[],
    )
    made._create_scriptrunner = made.runs.append
    monkeypatch.setattr(compat, "_session", lambda session_id, **_: made if session_id == "ada" else None)
    return made


def test_a_page_is_drawn_again_as_it_stands_once_nothing_of_it_is_being_drawn(session):
    compat.wake("ben")  # has gone
    compat.wake("ada")
    assert session.runs == []
    session._scriptrunner = None
    session._event_loop.later.pop()()
    (run,) = session.runs
    assert (run.query_string, run.page_script_hash) == ("w=ada", "map")
    assert run.widget_states is None  # the controls stay as they are


def test_a_session_that_ends_or_never_rests_is_not_drawn_again(session, monkeypatch):
    monkeypatch.setattr(compat, "MAX_LOOKS", 2)
    compat.wake("ada")
    session._event_loop.later.pop()()
    session._event_loop.later.pop()()
    assert session._event_loop.later == []
    session._scriptrunner, session._state = None, AppSessionState.SHUTDOWN_REQUESTED
    compat.wake("ada")
    assert session.runs == []
