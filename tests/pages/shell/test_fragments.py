"""Parts of a page that are drawn again by themselves, and what Streamlit would lose around them."""

import asyncio
import functools
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession, AppSessionState

from pages._ui.shell import compat, fragments

ROOT = Path(fragments.__file__).parents[2]


class Runner:
    """One that has ended, or one that still takes requests."""

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes

    def request_rerun(self, _request):
        return self.takes


@pytest.fixture
def loop():
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture
def session(loop, monkeypatch):
    """As much of a session as a request meets, whose runner has ended and whose loop has still to send what that drew."""
    happened = []
    monkeypatch.setattr(AppSession, "_create_scriptrunner", AppSession._create_scriptrunner)  # put back afterwards
    monkeypatch.setattr(compat, "_create_at_once", lambda _session, _request: happened.append("runner made"))
    compat.mend()
    made = SimpleNamespace(
        happened=happened,
        _state=AppSessionState.APP_NOT_RUNNING,
        _scriptrunner=Runner(takes=False),
        _event_loop=loop,
        has_fragment=lambda _name: True,
    )
    made._create_scriptrunner = functools.partial(AppSession._create_scriptrunner, made)
    loop.call_soon(happened.append, "sent")
    return made


def turn(loop):
    loop.run_until_complete(asyncio.sleep(0))


def test_a_part_is_drawn_again_when_what_was_drawn_before_is_sent(session, loop):
    AppSession.request_rerun(session, ClientState(fragment_id="part", is_auto_rerun=True))
    assert session.happened == []
    turn(loop)
    assert session.happened == ["sent", "runner made"]


def test_a_part_of_a_session_without_a_runner_is_drawn_at_once(session):
    session._scriptrunner = None
    AppSession.request_rerun(session, ClientState(fragment_id="part"))
    assert session.happened == ["runner made"]


def test_a_whole_page_is_drawn_at_once(session):
    session._scriptrunner.request_stop = lambda: None
    AppSession.request_rerun(session, ClientState(query_string="w=1"))
    assert session.happened == ["runner made"]


def test_a_runner_that_was_made_meanwhile_draws_the_part(session, loop):
    AppSession.request_rerun(session, ClientState(fragment_id="part"))
    session._scriptrunner = Runner(takes=True)
    turn(loop)
    assert session.happened == ["sent"]


def test_a_session_that_has_ended_draws_nothing(session, loop):
    AppSession.request_rerun(session, ClientState(fragment_id="part"))
    session._state = AppSessionState.SHUTDOWN_REQUESTED
    turn(loop)
    assert session.happened == ["sent"]


def test_no_part_of_a_page_is_made_without_a_place_of_its_own():
    own = Path(fragments.__file__)
    files = [file for file in ROOT.rglob("*.py") if file != own]
    assert len(files) > 20
    assert [str(file) for file in files if re.search(r"\bst\.fragment\b", file.read_text())] == []
