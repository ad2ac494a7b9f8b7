"""Tasks for the tests of the worker, of which some need what takes long to load."""

import os
import time
from pathlib import Path


def load():
    """Wait for a file."""
    while not Path(os.environ["FEATX_TEST_LOADED"]).exists():
        time.sleep(0.01)
    return {"is_loaded": True}


def needs_load(task, parameters):
    return task == "slow"


def echo(workspace, parameters, report):
    report.stage("Echo")
    return dict(parameters)


def answer(workspace, parameters):
    return dict(parameters)


TASKS = {"echo": echo}
LIGHT_TASKS = {"quick": answer, "slow": answer}
