"""The supervisor when its worker dies, hangs, grows or fails. "row" is a row of RELIABILITY.md."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from featx_core.worker.jobs import Limits, TaskFailedError
from featx_core.worker.runner import Runner
from featx_core.workspace.store import Store
from featx_core.workspace.workspace import Workspace
from tests.toys.thorough import first_of
from tests.toys.worker.supervising import PATIENCE, begun, eventually, finished, is_running, posix, submit, supervised

pytestmark = pytest.mark.slow


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


@posix
@pytest.mark.parametrize("number", first_of([signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT]))
def test_row_30_death_fails_one_job_and_no_other(supervise, caplog, number):
    supervisor = supervise()
    assert eventually(lambda: supervisor.is_ready)
    first_pid = supervisor.worker_pid
    culprit = submit(supervisor, "die", owner="eve", signal=int(number))
    innocent = submit(supervisor, "echo", owner="ada")
    job = finished(supervisor, culprit)
    assert job.state == "failed"
    assert job.message == f"The computation stopped unexpectedly (ref {job.reference}). Other work was not affected."
    assert f"ref {job.reference}: the worker died with exit code -{int(number)} at die" in caplog.text
    assert finished(supervisor, innocent).state == "done"
    assert supervisor.worker_pid != first_pid


@posix
def test_row_30_a_light_request_survives_the_death_of_a_job(supervise):
    supervisor = supervise()
    key = submit(supervisor, "sleep_deaf", seconds=60)
    assert is_running(supervisor, key)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(supervisor.ask, "light_echo", {"a": 1}, PATIENCE)
        time.sleep(0.1)
        os.kill(supervisor.worker_pid, signal.SIGKILL)
        assert answer.result(PATIENCE)["echo"] == {"a": 1}
    assert finished(supervisor, key).state == "failed"


@posix
def test_row_30_a_job_runs_again_when_a_light_request_ended_its_worker(supervise, tmp_path):
    supervisor = supervise()
    log = tmp_path / "log"
    key = submit(supervisor, "count", n=30, log=str(log))
    assert is_running(supervisor, key)
    with pytest.raises(TaskFailedError, match=r"stopped unexpectedly \(ref \w{4}\)"):
        supervisor.ask("light_die", {}, PATIENCE)
    job = finished(supervisor, key)
    assert (job.state, job.result, begun(log)) == ("done", {"n": 30}, 2)


@posix
def test_row_31_a_hung_worker_is_ended_and_says_how_far_it_got(supervise, workspace_path):
    supervisor = supervise(stall_seconds=1.0)
    key = submit(supervisor, "stop_after", workspace_path=workspace_path, n=128)
    waiting = submit(supervisor, "echo", owner="bob")
    job = finished(supervisor, key)
    assert job.state == "failed"
    assert "did not answer for 1 s and was ended at “Extracting”, 128 of 240" in job.message
    assert "Finished results are kept." in job.message
    assert [result(workspace_path, f"row {row}") for row in (0, 127)] == [b"kept", b"kept"]
    assert finished(supervisor, waiting).state == "done"


def test_a_stage_may_be_silent_for_as_long_as_it_declares(supervise):
    supervisor = supervise(stall_seconds=0.5)
    assert finished(supervisor, submit(supervisor, "sleep_deaf", seconds=1.5, limit=PATIENCE)).state == "done"
    silent = finished(supervisor, submit(supervisor, "sleep_deaf", seconds=60))
    assert silent.state == "failed"
    assert "did not answer" in silent.message


def test_row_31_a_job_over_its_time_is_ended_and_the_worker_lives(supervise, workspace_path, tmp_path):
    supervisor = supervise(job_seconds=0.5)
    key = submit(supervisor, "count", workspace_path=workspace_path, n=2000, log=str(tmp_path / "log"))
    assert is_running(supervisor, key)
    pid = supervisor.worker_pid
    job = finished(supervisor, key)
    assert job.state == "failed"
    assert "was ended at “Counting”" in job.message
    assert "of 2 000: the limit for one job is 0 s" in job.message
    assert result(workspace_path, "step 0") == b"kept"
    assert finished(supervisor, submit(supervisor, "echo")).result["pid"] == pid


def test_too_much_memory_ends_the_worker_with_advice(supervise):
    supervisor = supervise(worker_bytes=600 * 1024**2)
    job = finished(supervisor, submit(supervisor, "allocate", bytes=800 * 1024**2))
    assert job.state == "failed"
    assert "of memory; the limit is 0.6 GB" in job.message
    assert "Choose a smaller batch size" in job.message
    assert finished(supervisor, submit(supervisor, "echo")).state == "done"


def test_after_a_memory_error_a_fresh_worker_goes_on(supervise):
    supervisor = supervise()
    assert eventually(lambda: supervisor.is_ready)
    pid = supervisor.worker_pid
    job = finished(supervisor, submit(supervisor, "fail", kind="memory", text="tensor of shape (9, 9)"))
    assert job.message == (
        f"The computation ran out of memory (ref {job.reference}). Choose a smaller batch size or a smaller network."
    )
    assert finished(supervisor, submit(supervisor, "echo")).result["pid"] != pid


def test_a_task_may_ask_for_a_fresh_worker(supervise):
    supervisor = supervise()
    first = finished(supervisor, submit(supervisor, "echo", needs_fresh_worker=True))
    assert first.state == "done"
    assert finished(supervisor, submit(supervisor, "echo")).result["pid"] != first.result["pid"]


def test_an_idle_worker_is_replaced_after_so_many_jobs(supervise):
    supervisor = supervise(worker_jobs=2)
    pids = [finished(supervisor, submit(supervisor, "echo", n=i)).result["pid"] for i in range(2)]
    assert pids[0] == pids[1]
    assert eventually(lambda: supervisor.worker_pid not in (None, pids[0]))
    assert finished(supervisor, submit(supervisor, "echo", n=2)).result["pid"] != pids[0]


def test_an_idle_worker_that_holds_much_memory_is_replaced(supervise):
    supervisor = supervise(idle_bytes=1)
    key = submit(supervisor, "echo", n=1)
    first = finished(supervisor, key).result["pid"]
    assert eventually(lambda: supervisor.worker_pid not in (None, first))
    assert supervisor.job(key).state == "done"


def test_a_worker_that_cannot_start_is_not_started_without_end(supervise, monkeypatch, tmp_path):
    log = tmp_path / "log"
    monkeypatch.setenv("FAKE_WARM_UP", f"open({str(log)!r}, 'a').write('begun '); os._exit(3)")
    supervisor = supervise(max_deaths=3, pause_seconds=60)
    key = submit(supervisor, "echo")
    assert eventually(lambda: "in a row" in (supervisor.job(key).message or ""))
    job = supervisor.job(key)
    assert job.state == "waiting"
    assert job.message.startswith("The computation stopped several times in a row; it starts again in ")
    time.sleep(0.5)
    assert begun(log) == 3
    assert not supervisor.is_ready


def test_a_machine_that_starts_no_process_is_not_asked_without_end():
    tries = []

    def new_child():
        tries.append(1)
        raise OSError("too many open files")

    runner = Runner(Limits(pause_seconds=60), new_child)
    now = time.monotonic()
    for seconds in (0, 1, 59):
        runner.tick(now + seconds)
    assert len(tries) == 1
    assert runner.why_waiting().startswith("The computation stopped several times in a row; it starts again in ")
    runner.tick(now + 61)
    assert len(tries) == 2


def test_a_paused_worker_comes_back(supervise, monkeypatch, tmp_path):
    log = tmp_path / "log"
    monkeypatch.setenv(
        "FAKE_WARM_UP", f"p = Path({str(log)!r}); p.open('a').write('x'); p.stat().st_size < 3 and os._exit(3)"
    )
    supervisor = supervise(max_deaths=3, pause_seconds=0.5)
    assert finished(supervisor, submit(supervisor, "echo")).state == "done"


def test_a_worker_that_hangs_in_its_start_is_ended(supervise, monkeypatch, caplog):
    monkeypatch.setenv("FAKE_WARM_UP", "time.sleep(60)")
    supervisor = supervise(start_seconds=0.5, max_deaths=1, pause_seconds=60)
    assert eventually(lambda: "did not get ready" in caplog.text)
    assert supervisor.worker_pid is None


def test_what_featx_says_passes_and_nothing_else_does(supervise, capfd):
    supervisor = supervise()
    ours = finished(supervisor, submit(supervisor, "fail", kind="spec", text="`layer` must be below 10."))
    assert (ours.state, ours.message, ours.reference) == ("failed", "`layer` must be below 10.", None)
    for kind, name in (("os", "OSError"), ("value", "ValueError")):
        job = finished(supervisor, submit(supervisor, "fail", kind=kind, text="/home/ada/secret"))
        assert job.message == f"The computation failed (ref {job.reference})."
        assert f"ref {job.reference}: fail failed: {name}" in capfd.readouterr().err


@pytest.mark.parametrize("task", ["not_json", "there is no such task"])
def test_a_broken_task_fails_alone(supervise, task):
    supervisor = supervise()
    assert eventually(lambda: supervisor.is_ready)
    pid = supervisor.worker_pid
    assert finished(supervisor, submit(supervisor, task)).message.startswith("The computation failed (ref ")
    assert finished(supervisor, submit(supervisor, "echo")).result["pid"] == pid


def test_a_workspace_that_is_gone_is_not_made_again(supervise, tmp_path):
    supervisor = supervise()
    path = tmp_path / "gone.featx"
    job = finished(supervisor, submit(supervisor, "echo", workspace_path=str(path)))
    assert job.message == "The workspace is no longer there: its file was moved or deleted."
    assert not path.exists()


def test_stop_ends_the_worker_and_says_so(supervise):
    supervisor = supervise()
    keys = [submit(supervisor, "sleep_deaf", seconds=60), submit(supervisor, "echo")]
    assert is_running(supervisor, keys[0])
    process = psutil.Process(supervisor.worker_pid)
    supervisor.stop()
    supervisor.stop()
    assert not process.is_running()
    assert {supervisor.job(key).message for key in keys} == {"The computation was stopped because the app was closed."}
    assert supervisor.worker_pid is None
    supervisor.start()
    assert finished(supervisor, submit(supervisor, "echo")).state == "done"


@posix
@pytest.mark.parametrize("task", ["sleep_deaf", "wait_for"])
def test_the_worker_ends_when_its_server_is_killed(tmp_path, task):
    script = (
        "import time; from featx_core.worker import Supervisor\n"
        "s = Supervisor(tasks='tests.toys.worker.fake_tasks'); s.start()\n"
        "p = {'seconds': 60, 'file': 'never'}\n"
        f"j = s.submit({task!r}, workspace_path=None, parameters=p, title='', owner='')\n"
        "while not s.job(j.key).stage: time.sleep(0.02)\n"
        "print(s.worker_pid, flush=True); time.sleep(60)"
    )
    root = Path(sys.modules["featx_core"].__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as server:
        timer = threading.Timer(PATIENCE, server.kill)
        timer.start()
        worker = psutil.Process(int(server.stdout.readline()))
        server.kill()
        timer.cancel()
    assert eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
