"""The supervisor: who waits for what, cancelling, sharing, light requests. "row" is a row of RELIABILITY.md."""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from featx_core.worker.__main__ import NICENESS
from featx_core.worker.jobs import JobRefusedError, TaskFailedError
from featx_core.workspace.store import Store
from featx_core.workspace.workspace import Workspace
from tests.toys.worker.supervising import PATIENCE, begun, eventually, finished, is_running, submit, supervised


@pytest.fixture
def supervise(monkeypatch):
    with supervised(monkeypatch) as start:
        yield start


@pytest.fixture
def workspace_path(tmp_path):
    path = str(tmp_path / "test.featx")
    Store(path).close()
    return path


def result(workspace_path, key):
    workspace = Workspace.open(workspace_path)
    try:
        return workspace.result(key)
    finally:
        workspace.close()


def test_a_job_runs_in_another_process_and_gives_its_result(supervise):
    supervisor = supervise()
    job = finished(supervisor, submit(supervisor, "echo", name="ä", n=1.5))
    assert (job.state, job.message, job.owners, job.stage) == ("done", None, ("ada",), "Echo")
    assert job.result["echo"] == {"name": "ä", "n": 1.5}
    assert job.result["pid"] == supervisor.worker_pid != os.getpid()


def test_progress_and_time_left_are_seen(supervise, tmp_path):
    supervisor = supervise()
    key = submit(supervisor, "count", n=60, log=str(tmp_path / "log"))
    assert eventually(lambda: supervisor.job(key).done > 2)
    job = supervisor.job(key)
    assert (job.stage, job.total) == ("Counting", 60)
    assert 0 < job.done < 60
    assert job.share == job.done / 60
    assert 0 < job.seconds_left < 30
    assert abs(time.time() - job.started) < PATIENCE


def test_nothing_else_gets_into_the_messages(supervise, capfd):
    supervisor = supervise()
    job = finished(supervisor, submit(supervisor, "shout"))
    assert job.result == {"stdin": ""}
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "not a message" in captured.err
    assert "from a child process" in captured.err


def test_the_worker_tells_of_its_machine_when_it_is_warm(supervise):
    supervisor = supervise()
    assert supervisor.facts == {}
    assert eventually(lambda: supervisor.facts == {"is_fake": True})


def test_the_worker_steps_back_behind_the_server(supervise):
    supervisor = supervise()
    assert eventually(lambda: supervisor.is_ready)
    assert psutil.Process(supervisor.worker_pid).nice() == min(psutil.Process().nice() + NICENESS, 19)
    autogroup = Path(f"/proc/{supervisor.worker_pid}/autogroup")
    stands = autogroup.read_text(encoding="ascii") if autogroup.exists() else ""  # nothing where Linux does not use it
    assert not stands or stands.endswith(f"nice {NICENESS}\n")


def test_row_33_cancel_takes_effect_at_once_and_keeps_what_is_done(supervise, workspace_path, tmp_path):
    supervisor = supervise()
    key = submit(supervisor, "count", workspace_path=workspace_path, n=2000, log=str(tmp_path / "log"))
    assert eventually(lambda: supervisor.job(key).done > 3)
    pid = supervisor.worker_pid
    supervisor.cancel(key, "ada")
    assert supervisor.job(key).state == "cancelled"
    after = finished(supervisor, submit(supervisor, "echo"))
    assert after.result["pid"] == pid
    assert supervisor.job(key).state == "cancelled"
    assert result(workspace_path, "step 3") == b"kept"


@pytest.mark.slow
def test_row_33_a_deaf_worker_is_replaced_when_somebody_waits(supervise):
    supervisor = supervise(cancel_seconds=0.3, idle_cancel_seconds=60)
    key = submit(supervisor, "sleep_deaf", seconds=60)
    assert is_running(supervisor, key)
    pid = supervisor.worker_pid
    supervisor.cancel(key, "ada")
    waiting = submit(supervisor, "echo", owner="bob")
    assert finished(supervisor, waiting).result["pid"] != pid
    assert supervisor.job(key).state == "cancelled"


@pytest.mark.slow
def test_a_deaf_worker_that_nobody_waits_for_gets_more_time(supervise):
    supervisor = supervise(cancel_seconds=0.1, idle_cancel_seconds=1.0)
    key = submit(supervisor, "sleep_deaf", seconds=60)
    assert is_running(supervisor, key)
    pid = supervisor.worker_pid
    supervisor.cancel(key, "ada")
    time.sleep(0.4)
    assert supervisor.worker_pid == pid
    assert eventually(lambda: supervisor.worker_pid not in (None, pid))


def test_a_cancelled_job_may_be_asked_for_again_at_once(supervise, tmp_path):
    supervisor = supervise()
    log = tmp_path / "log"
    key = submit(supervisor, "count", n=10, log=str(log))
    assert is_running(supervisor, key)
    supervisor.cancel(key, "ada")
    assert submit(supervisor, "count", n=10, log=str(log)) == key
    assert finished(supervisor, key).state == "done"
    assert begun(log) == 2


def test_a_waiting_job_that_is_cancelled_never_begins(supervise, tmp_path):
    supervisor = supervise()
    blocker = submit(supervisor, "wait_for", file=str(tmp_path / "go"))
    log = tmp_path / "log"
    key = submit(supervisor, "count", n=1, log=str(log))
    assert is_running(supervisor, blocker)
    assert supervisor.job(key).position == 1
    supervisor.cancel(key, "ada")
    assert supervisor.job(key).state == "cancelled"
    (tmp_path / "go").touch()
    assert finished(supervisor, blocker).state == "done"
    assert finished(supervisor, submit(supervisor, "echo")).state == "done"
    assert begun(log) == 0


@pytest.mark.slow
def test_row_34_the_same_job_runs_once_for_two_and_one_may_leave(supervise, tmp_path):
    supervisor = supervise()
    log = tmp_path / "log"
    key = submit(supervisor, "count", owner="ada", n=30, log=str(log))
    assert submit(supervisor, "count", owner="bob", n=30, log=str(log)) == key
    assert is_running(supervisor, key)
    supervisor.cancel(key, "ada")
    assert supervisor.job(key).owners == ("bob",)
    assert supervisor.jobs("ada") == []
    assert finished(supervisor, key).state == "done"
    assert begun(log) == 1


def test_row_34_forty_threads_ask_for_the_same_job(supervise, tmp_path):
    supervisor = supervise()
    log = tmp_path / "log"
    with ThreadPoolExecutor(40) as pool:
        keys = set(pool.map(lambda i: submit(supervisor, "count", f"owner {i}", n=5, log=str(log)), range(40)))
    (key,) = keys
    assert finished(supervisor, key).state == "done"
    assert sorted(supervisor.job(key).owners) == sorted(f"owner {i}" for i in range(40))
    assert begun(log) == 1


def test_row_35_forty_one_clients_at_once_all_get_their_result(supervise):
    supervisor = supervise()
    with ThreadPoolExecutor(41) as pool:
        keys = list(pool.map(lambda i: submit(supervisor, "echo", f"owner {i}", n=i), range(41)))
    assert [finished(supervisor, key).result["echo"]["n"] for key in keys] == list(range(41))


def test_row_35_the_queue_has_an_end_and_places(supervise, tmp_path):
    supervisor = supervise(max_waiting=20)
    blocker = submit(supervisor, "wait_for", file=str(tmp_path / "go"))
    assert is_running(supervisor, blocker)
    keys = [submit(supervisor, "echo", owner=f"owner {i}", n=i) for i in range(20)]
    with pytest.raises(JobRefusedError, match=r"The server is busy; your files are kept\."):
        submit(supervisor, "echo", owner="late", n=20)
    places = [(supervisor.job(key).position, supervisor.job(key).ahead) for key in keys]
    assert places == [(i, i) for i in range(1, 21)]
    assert [job.key for job in supervisor.jobs()] == [blocker, *keys]
    (tmp_path / "go").touch()
    assert [finished(supervisor, key).result["echo"]["n"] for key in keys] == list(range(20))


def test_an_owner_has_at_most_four_unfinished_jobs(supervise, tmp_path):
    supervisor = supervise()
    keys = [submit(supervisor, "wait_for", file=str(tmp_path / "go"), n=i) for i in range(4)]
    with pytest.raises(JobRefusedError, match="You have 4 computations running or waiting already"):
        submit(supervisor, "echo")
    assert submit(supervisor, "wait_for", file=str(tmp_path / "go"), n=0) == keys[0]
    supervisor.cancel(keys[3], "ada")
    assert submit(supervisor, "echo") is not None


def test_leave_takes_an_owner_off_all_jobs(supervise, tmp_path):
    supervisor = supervise()
    shared = submit(supervisor, "wait_for", file=str(tmp_path / "go"))
    submit(supervisor, "wait_for", owner="bob", file=str(tmp_path / "go"))
    own = submit(supervisor, "echo")
    supervisor.leave("ada")
    assert (supervisor.job(own).state, supervisor.job(shared).owners) == ("cancelled", ("bob",))
    assert not supervisor.job(shared).is_finished


def test_a_workspace_in_memory_is_refused(supervise):
    supervisor = supervise()
    with pytest.raises(ValueError, match="cannot reach a workspace that is"):
        submit(supervisor, "echo", workspace_path=":memory:")
    with pytest.raises(ValueError, match="cannot reach a workspace that is"):
        supervisor.ask("light_echo", {}, workspace_path=":memory:")


def test_light_requests_are_answered_in_the_middle_of_a_job(supervise, tmp_path):
    supervisor = supervise()
    key = submit(supervisor, "wait_for", file=str(tmp_path / "go"))
    assert is_running(supervisor, key)
    answers = [supervisor.ask("light_echo", {"n": n}, PATIENCE) for n in range(3)]
    assert [answer["echo"]["n"] for answer in answers] == [0, 1, 2]
    assert {answer["pid"] for answer in answers} == {supervisor.worker_pid}
    assert supervisor.job(key).state == "running"
    (tmp_path / "go").touch()
    assert finished(supervisor, key).state == "done"


def test_a_light_request_before_the_worker_is_ready_waits_for_it(supervise):
    assert supervise().ask("light_echo", {"a": [1, None]}, PATIENCE)["echo"] == {"a": [1, None]}


def test_a_light_request_has_its_own_errors(supervise):
    supervisor = supervise(max_questions=1)
    with pytest.raises(TaskFailedError, match=r"This spec has no such field\."):
        supervisor.ask("light_fail", {}, PATIENCE)
    with pytest.raises(TypeError, match="not JSON serializable"):
        supervisor.ask("light_echo", {"a": object()}, PATIENCE)
    key = submit(supervisor, "sleep_deaf", seconds=60)
    assert is_running(supervisor, key)
    with pytest.raises(TimeoutError, match="There was no answer within 0 s: the computer is busy"):
        supervisor.ask("light_echo", {}, 0.1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(supervisor.ask, "light_echo", {}, PATIENCE)
        assert eventually(lambda: waiting.running())
        time.sleep(0.1)
        with pytest.raises(JobRefusedError, match="The server is busy"):
            supervisor.ask("light_echo", {}, PATIENCE)
        supervisor.stop()
        with pytest.raises(TaskFailedError, match="because the app was closed"):
            waiting.result(PATIENCE)


def test_row_52_a_seed_of_one_job_does_not_reach_the_next(supervise):
    supervisor = supervise()
    fresh = finished(supervisor, submit(supervisor, "draw", seed=None)).result["drawn"]
    finished(supervisor, submit(supervisor, "draw", owner="eve", seed=7))
    assert finished(supervisor, submit(supervisor, "draw", owner="bob", seed=8)).result["drawn"] == fresh


def test_a_job_that_says_that_it_needs_no_reset_saves_the_next_one_from_it_unless_it_fails(supervise):
    supervisor = supervise()
    fresh = finished(supervisor, submit(supervisor, "draw", seed=7, needs_reset=False)).result["drawn"]
    kept = finished(supervisor, submit(supervisor, "draw", seed=7, needs_reset=False, n=2)).result["drawn"]
    assert kept == random.Random(7).random() != fresh
    assert finished(supervisor, submit(supervisor, "draw", needs_reset=False, fails=True)).state == "failed"
    assert finished(supervisor, submit(supervisor, "draw", seed=7, n=3)).result["drawn"] == fresh


def test_a_finished_job_is_kept_until_it_is_forgotten_and_runs_again_when_asked(supervise, tmp_path):
    supervisor = supervise()
    log = tmp_path / "log"
    for n in (1, 2):
        key = submit(supervisor, "count", n=1, log=str(log))
        assert finished(supervisor, key).state == "done"
        assert begun(log) == n
    supervisor.forget(key)
    assert supervisor.job(key) is None
    assert supervisor.wait(key, 0) is None
    supervisor.cancel(key, "ada")
    unfinished = submit(supervisor, "wait_for", file=str(tmp_path / "go"))
    supervisor.forget(unfinished)
    assert supervisor.job(unfinished) is not None
