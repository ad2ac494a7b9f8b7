"""Tasks for the tests of the worker and its supervisor: small, and some of them wicked."""

import os
import random
import signal
import sys
import time
from pathlib import Path

from featx_core.specs.spec import SpecError

_STARTED = time.monotonic()


def warm_up():
    if "FAKE_WARM_UP" in os.environ:
        exec(os.environ["FAKE_WARM_UP"])
    return {"is_fake": True}


def reset():
    random.seed(0)


def echo(workspace, parameters, report):
    report.stage("Echo")
    report.needs_fresh_worker = parameters.get("needs_fresh_worker", False)
    return {"echo": parameters, "pid": os.getpid()}


def count(workspace, parameters, report):
    """Count to n, slowly, leaving a line in a file for each beginning and a result in the workspace for each step."""
    with Path(parameters["log"]).open("a", encoding="utf-8") as log:
        log.write("begun\n")
    report.stage("Counting")
    for done in range(parameters["n"]):
        report(done, parameters["n"])
        if workspace is not None:
            workspace.put_result(f"step {done}", b"kept")
        time.sleep(parameters.get("seconds", 0.02))
    return {"n": parameters["n"]}


def wait_for(workspace, parameters, report):
    """Report progress until a file is there, or for 30 s at most."""
    report.stage("Waiting")
    deadline = time.monotonic() + 30
    while not Path(parameters["file"]).exists() and time.monotonic() < deadline:
        report(1, 2)
        time.sleep(0.02)
    return {}


def sleep_deaf(workspace, parameters, report):
    """Sleep without ever looking up: neither progress nor cancelling."""
    report.stage("Sleeping", limit_seconds=parameters.get("limit"))
    time.sleep(parameters["seconds"])
    return {}


def die(workspace, parameters, report):
    report.stage("Dying")
    os.kill(os.getpid(), parameters["signal"])
    time.sleep(30)
    return {}


def stop_after(workspace, parameters, report):
    """Keep some steps, then hang as a whole process."""
    report.stage("Extracting")
    for done in range(parameters["n"]):
        workspace.put_result(f"row {done}", b"kept")
        report(done + 1, 240)
    report(parameters["n"], 240)
    time.sleep(0.2)
    report(parameters["n"], 240)
    os.kill(os.getpid(), signal.SIGSTOP)
    return {}


def allocate(workspace, parameters, report):
    report.stage("Filling")
    block = bytearray(parameters["bytes"])
    for place in range(0, len(block), 4096):
        block[place] = 1
    for _ in range(300):
        report(1, 2)
        time.sleep(0.05)
    return {"length": len(block)}


def fail(workspace, parameters, report):
    raise {"spec": SpecError, "os": OSError, "memory": MemoryError, "value": ValueError}[parameters["kind"]](
        parameters["text"]
    )


def not_json(workspace, parameters, report):
    return {"value": object()}


def shout(workspace, parameters, report):
    sys.stdout.write("not a message\n")
    sys.stdout.flush()
    os.write(1, b'{"type": "done", "run": 1}\n')
    os.system("echo from a child process")
    return {"stdin": sys.stdin.read()}


def draw(workspace, parameters, report):
    """Draw a random number, as a reset leaves the generator; perhaps seed it, for those who follow without a reset."""
    report.needs_reset = parameters.get("needs_reset", True)
    if parameters.get("fails"):
        raise ValueError("It failed on request.")
    drawn = random.random()
    random.seed(parameters.get("seed"))
    return {"drawn": drawn}


TASKS = {
    "echo": echo,
    "count": count,
    "wait_for": wait_for,
    "sleep_deaf": sleep_deaf,
    "die": die,
    "stop_after": stop_after,
    "allocate": allocate,
    "fail": fail,
    "not_json": not_json,
    "shout": shout,
    "draw": draw,
}


def light_echo(workspace, parameters):
    return {"echo": parameters, "pid": os.getpid()}


def light_die(workspace, parameters):
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(30)


def light_fail(workspace, parameters):
    raise SpecError("This spec has no such field.")


LIGHT_TASKS = {"light_echo": light_echo, "light_die": light_die, "light_fail": light_fail}
