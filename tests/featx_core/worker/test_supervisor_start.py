"""How the worker starts: on a machine that is busy, or where it never gets ready."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from featx_core.worker import own_time
from featx_core.worker.__main__ import NICENESS
from featx_core.worker.jobs import Limits
from featx_core.worker.own_time import OwnTime
from featx_core.worker.runner import Runner
from tests.toys.worker.supervising import PATIENCE, eventually, finished, is_running, posix, submit, supervised

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")


@pytest.fixture
def supervise(monkeypatch):
    with supervised(monkeypatch) as start:
        yield start


class FakeChild:
    """A worker process whose own time the test sets."""

    def __init__(self):
        self.started = time.monotonic()
        self.is_ready = False
        self.n_jobs = 0
        self.own = 0.0
        self.sent = []
        self.is_killed = False

    def own_seconds(self):
        return self.own

    def send(self, message):
        self.sent.append(message)

    def kill(self):
        self.is_killed = True

    def resident_bytes(self):
        return 0


@pytest.fixture
def children():
    return []


@pytest.fixture
def runner(children):
    def new_child():
        children.append(FakeChild())
        return children[-1]

    made = Runner(Limits(start_seconds=120, stall_seconds=60), new_child)
    made.tick(time.monotonic())
    return made


def age(child, seconds):
    child.started -= seconds


def test_a_start_is_judged_by_the_workers_own_time(runner, children):
    age(children[0], 3600)
    children[0].own = 119
    runner.tick(time.monotonic())
    assert len(children) == 1
    children[0].own = 121
    runner.tick(time.monotonic())
    assert children[0].is_killed
    assert runner.child is None


def test_each_start_that_took_too_long_gives_the_next_twice_the_time_up_to_an_hour(runner, children):
    now = time.monotonic()
    limits = []
    for _ in range(8):
        child = children[-1]
        while not child.is_killed:
            child.own += 60
            runner.tick(now)
        limits.append(child.own - 60)
        now += 100  # past any pause
        runner.tick(now)
    assert limits == [120, 240, 480, 960, 1920, 3840, 3840, 3840]


def test_a_worker_that_got_ready_gives_the_next_start_the_usual_time(runner, children):
    now = time.monotonic()
    children[0].own = 121
    runner.tick(now)
    runner.tick(now)
    runner.take_in(children[1], {"type": "ready"})
    runner.note_end(_ended(children[1]))
    runner.tick(now)
    children[2].own = 121
    runner.tick(now)
    assert children[2].is_killed


def _ended(child):
    child.exit_code = -9
    return child


def test_a_page_is_told_how_the_loading_goes(runner, children):
    age(children[0], 40)
    runner._loading_since -= 40
    children[0].own = 30
    assert runner.why_waiting() == "Loading TensorFlow, 40 s so far; only at the first run"
    children[0].own = 10
    assert runner.why_waiting() == "Loading TensorFlow, 40 s so far; this computer is busy with other work"
    runner.take_in(children[0], {"type": "ready"})
    assert runner.why_waiting() is None
    runner.note_end(_ended(children[0]))
    runner.tick(time.monotonic())
    assert runner.why_waiting() == "Loading TensorFlow again, 0 s so far"


def test_the_time_of_a_start_that_was_given_up_is_told_as_well(runner, children):
    runner._loading_since -= 121
    children[0].own = 121
    runner.tick(time.monotonic())
    runner.tick(time.monotonic())
    assert len(children) == 2
    assert runner.why_waiting() == "Loading TensorFlow, 121 s so far; only at the first run"


def test_a_job_that_a_hung_worker_never_began_gets_one_more_try(runner, children):
    record = runner.table.submit("extract", None, {}, "a job", "ada")
    for n_tries in (1, 2):
        child = children[-1]
        runner.take_in(child, {"type": "ready"})
        assert [message["type"] for message in child.sent] == ["run"]
        child.own = 61
        runner.tick(time.monotonic())
        assert child.is_killed
        assert record.state == ("waiting" if n_tries == 1 else "failed")
        runner.tick(time.monotonic())
    assert record.message.startswith("The computation did not answer for 60 s and was ended at “Starting” (ref ")


def test_a_job_that_hangs_after_it_began_is_not_tried_again(runner, children):
    record = runner.table.submit("extract", None, {}, "a job", "ada")
    runner.take_in(children[0], {"type": "ready"})
    run = children[0].sent[0]["run"]
    runner.take_in(
        children[0], {"type": "progress", "run": run, "stage": "Extracting", "done": 0, "total": 0, "limit": None}
    )
    children[0].own = 61
    runner.tick(time.monotonic())
    assert record.state == "failed"


@pytest.mark.slow
@posix
def test_a_stopped_worker_is_replaced_and_questions_are_answered_by_the_next(supervise):
    supervisor = supervise(stall_seconds=1.0)
    assert eventually(lambda: supervisor.is_ready)
    pid = supervisor.worker_pid
    os.kill(pid, signal.SIGSTOP)
    assert supervisor.ask("light_echo", {}, PATIENCE)["pid"] != pid


def test_a_question_waits_for_the_job_that_runs_and_a_while_longer(runner, children):
    (child,) = children
    runner.table.submit("extract", None, {}, "a job", "ada")
    runner.take_in(child, {"type": "ready"})
    run = child.sent[0]["run"]
    runner.questions.add({"type": "question"}, 9)
    runner.dispatch()
    child.own = 59
    runner.take_in(child, {"type": "progress", "run": run, "stage": "A", "done": 0, "total": 0, "limit": 500})
    child.own = 400
    runner.tick(time.monotonic())
    runner.take_in(child, {"type": "done", "run": run, "result": {}})
    child.own = 459
    runner.tick(time.monotonic())
    assert runner.child is child
    child.own = 461
    runner.tick(time.monotonic())
    assert runner.child is None


@pytest.mark.slow
@posix
def test_a_worker_that_is_starved_in_its_start_is_waited_for(supervise, monkeypatch):
    monkeypatch.setenv("FAKE_WARM_UP", "os.kill(os.getpid(), signal.SIGSTOP)")
    supervisor = supervise(start_seconds=6)
    key = submit(supervisor, "echo")
    assert eventually(lambda: supervisor.worker_pid and "T" in own_time.thread_states(supervisor.worker_pid))
    pid = supervisor.worker_pid
    time.sleep(6.5)
    assert supervisor.job(key).message.startswith("Loading TensorFlow, ")
    os.kill(pid, signal.SIGCONT)
    assert finished(supervisor, key).result["pid"] == pid


@linux
def test_the_worker_loads_at_normal_priority_and_then_steps_back_with_all_its_threads(supervise, monkeypatch, tmp_path):
    log = tmp_path / "log"
    sleeper = "__import__('threading').Thread(target=time.sleep, args=(60,), daemon=True).start()"
    monkeypatch.setenv(
        "FAKE_WARM_UP", f"Path({str(log)!r}).write_text(str(os.getpriority(os.PRIO_PROCESS, 0))); {sleeper}"
    )
    supervisor = supervise()
    assert eventually(lambda: supervisor.is_ready)
    ours = psutil.Process().nice()
    assert int(log.read_text(encoding="ascii")) == ours
    stats = [path.read_text() for path in Path(f"/proc/{supervisor.worker_pid}/task").glob("*/stat")]
    assert len(stats) >= 3  # of work, of reading, of the warm-up
    assert {int(stat.rpartition(")")[2].split()[16]) for stat in stats} == {min(ours + NICENESS, 19)}


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        assert eventually(lambda: set(own_time.thread_states(process.pid)) <= {"S"})
        yield process
        process.send_signal(signal.SIGCONT)
        process.kill()


@linux
def test_time_in_which_a_process_sleeps_counts(sleeper):
    clock = OwnTime(sleeper.pid, 10.0)
    assert clock.look(10.5, stopped_counts=False) == pytest.approx(0.5)
    assert clock.look(10.5, stopped_counts=False) == pytest.approx(0.5)


@linux
def test_no_more_than_a_second_counts_between_two_looks(sleeper):
    assert OwnTime(sleeper.pid, 10.0).look(90.0, stopped_counts=False) == pytest.approx(1.0)


@linux
def test_of_the_time_in_which_a_process_is_stopped_a_tenth_counts_unless_asked_for(sleeper):
    sleeper.send_signal(signal.SIGSTOP)
    assert eventually(lambda: own_time.thread_states(sleeper.pid) == "T")
    clock = OwnTime(sleeper.pid, 0.0)
    clock.look(0.0, stopped_counts=False)
    before = clock.seconds
    assert clock.look(1.0, stopped_counts=False) - before == pytest.approx(0.1)
    assert clock.look(2.0, stopped_counts=True) - before == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("states", "given", "counted"),
    [
        ("R", 0.2, 0.28),  # ran for 0.2 s, and waited for a processor for 0.8 s
        ("SSD", 0.0, 0.1),  # one thread waits for a disk
        ("SS", 0.2, 1.0),  # waits for something else: that is its own affair
        ("R", 3.0, 1.0),  # three threads ran all the time
        ("", 0.2, 1.0),  # the system does not tell
    ],
)
def test_what_counts_is_told_by_the_states_of_the_threads(monkeypatch, states, given, counted):
    used = [5.0]
    monkeypatch.setattr(own_time, "_processor_seconds", lambda pid: used[0])
    monkeypatch.setattr(own_time, "thread_states", lambda pid: states)
    clock = OwnTime(1, 0.0)
    before = clock.look(0.0, stopped_counts=True)
    used[0] += given
    assert clock.look(1.0, stopped_counts=True) - before == pytest.approx(counted)


def test_a_process_that_is_gone_has_no_threads():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(PATIENCE)
    assert own_time.thread_states(process.pid) == ""
    assert OwnTime(process.pid, 0.0).look(0.5, stopped_counts=False) == pytest.approx(0.5)


@pytest.mark.slow
def test_a_worker_that_others_keep_from_the_processor_has_longer_for_its_job_and_for_an_answer(supervise, monkeypatch):
    monkeypatch.setattr(OwnTime, "look", lambda self, now, *, stopped_counts: 0.0)
    supervisor = supervise(job_seconds=0.05)
    key = submit(supervisor, "sleep_deaf", seconds=0.3)
    assert is_running(supervisor, key)
    assert supervisor.ask("light_echo", {"a": 1}, 0.05)["echo"] == {"a": 1}
    assert finished(supervisor, key).state == "done"


def test_an_answer_is_not_waited_for_without_end(supervise, monkeypatch):
    monkeypatch.setattr(OwnTime, "look", lambda self, now, *, stopped_counts: 0.0)
    supervisor = supervise()
    assert is_running(supervisor, submit(supervisor, "sleep_deaf", seconds=60))
    with pytest.raises(TimeoutError, match="There was no answer"):
        supervisor.ask("light_echo", {}, 0.02)
