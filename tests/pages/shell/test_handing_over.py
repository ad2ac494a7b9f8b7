"""What a run of a page did reaches the session in its order, elements together, and nothing waits for what comes never."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from pages._ui.shell import compat

MESSAGE, STOPPED = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS


class Loop:
    """An event loop whose next turn and whose clock are moved by hand."""

    def __init__(self):
        self.soon, self.later = [], []

    def call_soon(self, call, *arguments):
        self.soon.append((call, arguments))

    def call_later(self, seconds, call, *arguments):
        assert seconds == compat.SECONDS_TOGETHER
        self.later.append((call, arguments))

    def turn(self, calls):
        for call, arguments in [calls.pop(0) for _ in range(len(calls))]:
            call(*arguments)


@pytest.fixture
def session():
    loop, handled = Loop(), []

    def handle(sender, event, forward_msg=None, **_):
        assert sender == "runner"
        if forward_msg == "bad":
            raise ValueError(forward_msg)
        handled.append(forward_msg or event)

    return SimpleNamespace(
        _event_loop=loop,
        _call_soon_on_event_loop=loop.call_soon,
        _handle_scriptrunner_event_on_event_loop=handle,
        handled=handled,
    )


def draw(session, *messages):
    for message in messages:
        compat._on_event(session, "runner", event=MESSAGE, forward_msg=message)


def test_elements_wait_for_those_that_follow_and_the_end_of_a_run_for_nobody(session):
    loop = session._event_loop
    draw(session, "one", "two")
    assert len(loop.soon) == 1
    loop.turn(loop.soon)
    draw(session, "three")
    assert (len(loop.soon), len(loop.later), session.handled) == (0, 1, [])
    compat._on_event(session, "runner", event=STOPPED)
    loop.turn(loop.soon)
    assert session.handled == ["one", "two", "three", STOPPED]
    loop.turn(loop.later)
    assert session.handled[4:] == []
    draw(session, "four")
    loop.turn(loop.soon)
    loop.turn(loop.later)
    assert session.handled[4:] == ["four"]


def test_one_that_cannot_be_handled_holds_no_other_up(session):
    loop = session._event_loop
    draw(session, "one", "bad", "two")
    loop.turn(loop.soon)
    with pytest.raises(ValueError, match="bad"):
        loop.turn(loop.later)
    loop.turn(loop.soon)
    assert session.handled == ["one", "two"]


def test_the_parts_of_streamlit_that_are_mended_are_there():
    for owner, name in ((AppSession, "_on_scriptrunner_event"), (Runtime, "_enqueued_some_message")):
        assert callable(getattr(owner, name))
    assert callable(AppSession._call_soon_on_event_loop)
    assert callable(AppSession._handle_scriptrunner_event_on_event_loop)
