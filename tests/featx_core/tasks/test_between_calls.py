"""Conversion between two calls in a notebook, with commands that leave a file in place of a conversion."""

import os
import sys
import time
from types import SimpleNamespace

import pytest

import featx_core as fx
from featx_core.extraction import extract as plain
from featx_core.tasks import between_calls
from featx_core.tasks.between_calls import BetweenCalls
from tests.toys.worker.supervising import eventually


class Used:
    """An extractor that TensorFlow ran."""

    def __init__(self, digest="a"):
        self.spec = SimpleNamespace(digest=digest)
        self.is_taken = False


@pytest.fixture
def place(monkeypatch, tmp_path):
    """What commands leave their files in: "begun" at once, "kept" in the end, for which they wait for "go"."""
    script = (
        "import os, sys, time; place = sys.argv[1]; open(place + '/begun', 'a').write('x')\n"
        "while not os.path.exists(place + '/go'): time.sleep(0.01)\n"
        "if sys.argv[2] != 'useless': open(place + '/kept', 'w').close()"
    )

    def take(extractor):
        extractor.is_taken = (tmp_path / "kept").exists()
        return extractor.is_taken

    monkeypatch.setattr(between_calls, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(between_calls, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(between_calls, "has_room", lambda: True)
    monkeypatch.setattr(between_calls, "can_be_kept", lambda extractor: True)
    monkeypatch.setattr(between_calls, "wants_graph", lambda extractor: not extractor.is_taken)
    monkeypatch.setattr(between_calls, "take_kept", take)
    command = [sys.executable, "-c", script, str(tmp_path)]
    monkeypatch.setattr(between_calls, "command_for", lambda spec, path: [*command, spec.digest])
    return tmp_path


@pytest.fixture
def between(place):
    made = BetweenCalls()
    yield made
    made.close()


def n_begun(place):
    return len((place / "begun").read_text()) if (place / "begun").exists() else 0


def test_a_call_ends_the_conversion_which_begins_again_and_is_used(between, place):
    extractor = Used()
    between.add(extractor, "")
    assert eventually(lambda: n_begun(place) == 1)
    process = between._work._process
    with between.call():
        assert process.returncode is not None
        time.sleep(0.1)
        assert n_begun(place) == 1
    assert eventually(lambda: n_begun(place) == 2)
    (place / "go").touch()
    assert eventually(lambda: extractor.is_taken)
    assert eventually(lambda: between._thread is None)


def test_what_is_not_kept_is_not_tried_again(between, place):
    (place / "go").touch()
    between.add(Used("useless"), "")  # nobody holds it: it is let go of
    assert eventually(lambda: between._thread is None)
    extractor = Used("useless")
    between.add(extractor, "")
    assert eventually(lambda: between._thread is None)
    assert (n_begun(place), extractor.is_taken) == (1, False)


def test_nothing_begins_without_room_or_after_the_end(between, place, monkeypatch):
    extractor = Used()
    monkeypatch.setattr(between_calls, "has_room", lambda: False)
    between.add(extractor, "")
    assert eventually(lambda: between._thread is None)
    between.close()
    between.add(extractor, "")
    assert between._thread is None
    assert n_begun(place) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_in_the_midst_of_it_can_call(between, place, monkeypatch):
    monkeypatch.setattr(between_calls, "BETWEEN_CALLS", between)
    extractor = Used()
    between.add(extractor, "")
    assert eventually(lambda: n_begun(place) == 1)
    with between._lock:
        child = os.fork()
        if child == 0:
            between.__init__()  # as is registered for the one of the process
            with between.call():
                os._exit(0 if between._thread is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert between._work.is_at_work


@pytest.mark.parametrize("is_prompt", [True, False])
def test_it_is_for_those_who_call_by_hand(monkeypatch, workspace, is_prompt):
    added = []
    monkeypatch.setattr(between_calls, "is_notebook", lambda: is_prompt)
    monkeypatch.setattr(between_calls.BETWEEN_CALLS, "add", lambda *given: added.append(given))
    extract = between_calls.between_calls(lambda images, extractor, *, workspace=None: (images, extractor))
    assert extract([1], "it", workspace=workspace) == ([1], "it")
    assert added == ([("it", workspace.path)] if is_prompt else [])
    assert fx.extract.__wrapped__ is plain.extract
    assert fx.extract.__doc__ == plain.extract.__doc__
