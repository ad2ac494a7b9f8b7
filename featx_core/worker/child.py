"""One worker process, seen from the server: its start, its messages and its end."""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from featx_core.worker.own_time import OwnTime

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUTF8": "1"}
_NO_MAPPINGS = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296:glibc.malloc.arena_max=1"
_PREFERENCES = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait for others sleep, and leave the processor to the server
    **({"TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1", "GLIBC_TUNABLES": _NO_MAPPINGS} if sys.platform == "linux" else {}),
}
"""TensorFlow's own allocator never gives memory back. glibc's does when asked (`featx_core.base.memory`), 0.3 GB after the
first batches of ResNet50; told to keep large arrays until then, it is as fast to within a tenth."""


class Child:
    """A worker process with a thread that writes to it and one that reads from it.

    Args:
        tasks: The module that holds its tasks.
        on_message: Called from the reading thread with each message.
        on_end: Called from the reading thread when the process is gone.

    Attributes:
        started: When it was started, a reading of `time.monotonic`.
        is_ready: Whether it has said that it takes jobs.
        is_loaded: Whether it has said that all is loaded, so that no job has to wait for that.
        n_jobs: How many jobs it was given.
    """

    def __init__(
        self, tasks: str, on_message: Callable[[Child, dict[str, Any]], None], on_end: Callable[[Child], None]
    ) -> None:
        self.started = time.monotonic()
        self.is_ready = False
        self.is_loaded = False
        self.n_jobs = 0
        self._on_message = on_message
        self._on_end = on_end
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "faulthandler", "-m", "featx_core.worker", "--tasks", tasks],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            start_new_session=os.name == "posix",  # Ctrl-C in the terminal is for the server alone
        )
        self._own_time = OwnTime(self.pid, self.started)
        for work, name in ((self._write, "write"), (self._read, "read")):
            threading.Thread(target=work, name=f"featx-worker-{name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.returncode

    def own_seconds(self) -> float:
        """Return how long the process had itself to work with, in seconds (see `OwnTime`): what it is judged by.

        Until it is ready, it may be stopped for as long as one likes; afterwards a process that is stopped is one that hangs.
        """
        return self._own_time.look(time.monotonic(), stopped_counts=self.is_ready)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message. Never waits, and does nothing when the process is gone."""
        self._outbox.put(json.dumps(message).encode("utf-8") + b"\n")

    def close(self, seconds: float) -> None:
        """Ask the process to end, and kill it if it has not done so after this many seconds."""
        self._outbox.put(None)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End the process at once. Does nothing when it is gone."""
        self._process.kill()
        self._outbox.put(None)

    def resident_bytes(self) -> int:
        """Return the memory that the process holds; 0 when it is gone."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _write(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        try:
            for line in iter(self._outbox.get, None):
                pipe.write(line)
                pipe.flush()
            pipe.close()
        except OSError:  # the process is gone, which the reading thread notices as well
            _LOG.debug("The worker closed its input.")

    def _read(self) -> None:
        for line in self._process.stdout or ():
            message = _parsed(line)
            if message is None:
                continue
            try:
                self._on_message(self, message)
            except Exception:
                _LOG.exception("A message of the worker could not be taken in.")
        self._process.wait()
        self._outbox.put(None)
        self._on_end(self)


def environment() -> dict[str, str]:
    """Return the environment that a worker is started in: this one, and what it needs or would rather have."""
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return {**_PREFERENCES, **os.environ, **_ENVIRONMENT, "PYTHONPATH": path}


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        _LOG.warning("The worker wrote a line of %d bytes that is no message.", len(line))
        return None
    return message
