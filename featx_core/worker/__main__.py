"""`python -m featx_core.worker`: the process that owns Keras, started by the supervisor."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from featx_core.worker.process import Worker
from featx_core.worker.protocol import take_standard_streams
from featx_core.worker.supervisor import TASKS_MODULE

NICENESS = 3
"""Of twenty visitors, beside other work, 95 % had their run cards within 13 to 22 s at 7, 6 to 8 s at 3 and 5 s at 0, and
changes of page took 0.09 to 0.19, 0.16 and 0.17 to 0.29 s: `docs/decisions/worker.md`."""

OOM_SCORE = 500  # of 1000: when the machine runs out of memory, Linux ends the worker before the server


def main() -> None:
    """Take over the pipes, get ready, and work; step back behind the server once all is loaded.

    Not before: on a busy machine, a process that stands back gets too little to ever load TensorFlow.
    """
    channel = take_standard_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s worker %(message)s")
    parser = argparse.ArgumentParser(prog="python -m featx_core.worker")
    parser.add_argument("--tasks", default=TASKS_MODULE)
    offer_memory()
    worker = Worker(importlib.import_module(parser.parse_args().tasks), channel)
    threading.Thread(target=worker.read, name="featx-messages", daemon=True).start()
    worker.get_ready()
    worker.work(on_loaded=step_back)


def offer_memory() -> None:
    """Let the server keep its memory when the machine runs out of it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")


def step_back() -> None:
    """Let the server go first for processor time."""
    if sys.platform == "linux":
        _step_back_with_all_threads()
    elif hasattr(os, "nice"):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):  # between sessions, and the worker is one, Linux goes by this number instead
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def _step_back_with_all_threads() -> None:
    """Set the niceness of each thread: in Linux every thread has its own, and the libraries have started theirs by now."""
    niceness = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    for thread in sorted(int(name) for name in os.listdir("/proc/self/task")):  # the first, which starts others, first
        with contextlib.suppress(OSError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, thread, niceness)


if __name__ == "__main__":
    main()
