"""A worker that takes work while it loads, and its idle work."""

import sys
import threading
import time

import pytest

from featx_core.base.idle import IdleWork
from featx_core.worker.supervisor import Supervisor
from tests.toys.worker.supervising import PATIENCE, eventually, finished, submit, supervised


@pytest.fixture
def loading(monkeypatch, tmp_path):
    with supervised(monkeypatch):
        monkeypatch.setenv("FEATX_TEST_LOADED", str(tmp_path / "loaded"))
        supervisor = Supervisor(tasks="tests.toys.worker.loading_tasks")
        supervisor.start()
        yield supervisor, tmp_path / "loaded"
        supervisor.stop()


def test_what_needs_nothing_is_done_while_it_loads_and_the_rest_afterwards(loading):
    supervisor, loaded = loading
    assert finished(supervisor, submit(supervisor, "echo", n=1)).result == {"n": 1}
    assert supervisor.ask("quick", {"n": 2}, timeout=PATIENCE) == {"n": 2}
    assert supervisor.why_waiting is None
    assert supervisor.facts == {}
    found = []
    asking = threading.Thread(target=lambda: found.append(supervisor.ask("slow", {"n": 3}, timeout=PATIENCE)))
    asking.start()
    assert eventually(lambda: (supervisor.why_waiting or "").startswith("Loading TensorFlow, "))
    assert supervisor.ask("quick", {"n": 4}, timeout=PATIENCE) == {"n": 4}
    assert finished(supervisor, submit(supervisor, "echo", n=5)).result == {"n": 5}
    assert found == []
    loaded.touch()
    asking.join(PATIENCE)
    assert found == [{"n": 3}]
    assert supervisor.facts == {"is_loaded": True}
    assert supervisor.why_waiting is None


def waiting(path):
    """Return a command that leaves a file and then waits."""
    return [sys.executable, "-c", f"import time; open({str(path)!r}, 'w').close(); time.sleep(60)"]


def test_idle_work_is_ended_at_once_and_begun_again(tmp_path):
    given = []

    def next_command():
        given.append(waiting(tmp_path / str(len(given))))
        return given[-1]

    work = IdleWork(next_command)
    work.go_on()
    assert eventually((tmp_path / "0").exists)
    work.go_on()
    assert len(given) == 1
    process = work._process
    started = time.monotonic()
    work.stop()
    assert time.monotonic() - started < 1
    assert process.returncode is not None
    work.go_on()
    assert eventually((tmp_path / "1").exists)
    work.stop()


def test_idle_work_goes_on_to_the_next_and_rests_where_there_is_none(tmp_path):
    commands = [[sys.executable, "-c", f"open({str(tmp_path / name)!r}, 'w').close()"] for name in "ab"]
    work = IdleWork(lambda: commands.pop(0) if commands else None)
    assert eventually(lambda: work.go_on() or (tmp_path / "b").exists())
    assert (tmp_path / "a").exists()
    assert eventually(lambda: work.go_on() or work._process is None)


def test_idle_work_ends_with_who_began_it():
    script = "from featx_core.base.other_process import stand_behind; import os, time; stand_behind(); time.sleep(60)"
    work = IdleWork(lambda: [sys.executable, "-c", script])
    work.go_on()
    process = work._process
    process.stdin.close()  # as when this process is gone
    assert process.wait(PATIENCE) == 0
    work._process = None
