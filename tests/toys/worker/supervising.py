"""What the tests of the supervisor share: supervisors with fake tasks, and patience with an end."""

import contextlib
import os
import time
from pathlib import Path

import psutil
import pytest

from featx_core.worker.jobs import Limits
from featx_core.worker.supervisor import Supervisor

PATIENCE = 20.0  # seconds: how long a test waits before it fails
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@contextlib.contextmanager
def supervised(monkeypatch):
    """Return a function that starts supervisors with the fake tasks; no process of theirs is left afterwards."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    started = []
    before = set(psutil.Process().children(recursive=True))

    def start(**limits):
        supervisor = Supervisor(Limits(**limits), tasks="tests.toys.worker.fake_tasks")
        started.append(supervisor)
        supervisor.start()
        return supervisor

    yield start
    for supervisor in started:
        supervisor.stop()
    assert eventually(lambda: set(psutil.Process().children(recursive=True)) <= before)


def eventually(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def submit(supervisor, task, owner="ada", workspace_path=None, **parameters):
    return supervisor.submit(task, workspace_path=workspace_path, parameters=parameters, title=task, owner=owner).key


def finished(supervisor, key):
    job = supervisor.wait(key, PATIENCE)
    assert job is not None
    assert job.is_finished, job
    return job


def is_running(supervisor, key):
    return eventually(lambda: supervisor.job(key).state == "running" and supervisor.job(key).stage != "")


def begun(log):
    return log.read_text(encoding="utf-8").count("begun") if log.exists() else 0
