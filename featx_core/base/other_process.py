"""Looking at files in separate processes, so that no file can block, exhaust or crash this one."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

import psutil

from featx_core.base.serving import ANSWER, REQUEST

MAX_WAIT = 5
"""So many times as long may a file take by the clock, on a busy machine."""

NICENESS = 19
"""Of what nobody waits for."""

N_PROCESSES = min(2, os.cpu_count() or 1)
MAX_FACTS_BYTES, MAX_PAYLOAD_BYTES = 1024**2, 64 * 1024**2
_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class _GoneError(Exception):
    """The process has ended, for the reason that its exit code tells."""


class NoAnswerError(Exception):
    """A file that the other process gave no answer to, and why, in words that can follow the name of the file."""


class OtherProcess:
    """One process that looks at files, started when it is needed.

    Args:
        module: What it runs: a module that calls `featx_core.base.serving.serve`.
        seconds: Of the processor that one file may take.
        max_facts_bytes: How long the facts in an answer may be.
        max_payload_bytes: How long what goes with them may be.
    """

    def __init__(
        self,
        module: str,
        *,
        seconds: float,
        max_facts_bytes: int = MAX_FACTS_BYTES,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
    ) -> None:
        self._module = module
        self._seconds = seconds
        self._limits = max_facts_bytes, max_payload_bytes
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Put a file and what is asked of it to the process.

        Returns:
            The facts, and the bytes that go with them.

        Raises:
            NoAnswerError: If the file takes too long, or ends the process that looks at it.
            RuntimeError: If looking at it raised what nobody expected.
        """
        try:
            facts, payload = self._answer(content, options)
        except _GoneError:  # it had nothing to do for a while
            facts, payload = self._answer(content, options)
        if "unexpected" in facts:
            raise RuntimeError(f"Looking at a file raised {facts['unexpected']}.")
        return facts, payload

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            self._process = None

    def _answer(self, content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        process = self._started()
        is_done, is_late = threading.Event(), threading.Event()
        watch = threading.Thread(target=_end_late, args=(process, self._seconds, is_done, is_late), daemon=True)
        watch.start()
        try:
            return _exchange(process, content, options, self._limits)
        except (OSError, EOFError, ValueError, KeyError):
            self._explain_end(is_late.is_set())
            raise
        finally:
            is_done.set()

    def _explain_end(self, is_late: bool) -> None:
        """Say why there was no answer.

        Raises:
            NoAnswerError: If the file is the reason.
            _GoneError: If the process had ended before, by itself.
        """
        process = self._process
        with contextlib.suppress(subprocess.TimeoutExpired):
            if process is not None:
                process.wait(1.0)
        code = process.returncode if process is not None else None
        self.close()
        if is_late:
            raise NoAnswerError(f"takes more than {self._seconds:.3g} seconds to read")
        if code == -9:  # the machine had no more memory
            raise NoAnswerError("does not fit into memory")
        if code == 0:
            raise _GoneError
        raise NoAnswerError("crashes the program that reads it")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**environment(), **_ENVIRONMENT},
                start_new_session=os.name == "posix",  # Ctrl-C in the terminal is for the server alone
            )
        return self._process


Process = TypeVar("Process", bound=OtherProcess)


class Pool(Generic[Process]):
    """A few processes that look at files. As many files are looked at at once; who comes later waits.

    Args:
        processes: Those.
    """

    def __init__(self, processes: Sequence[Process]) -> None:
        self._all = list(processes)
        self._free: queue.LifoQueue[Process] = queue.LifoQueue()
        for process in self._all:
            self._free.put(process)

    @contextlib.contextmanager
    def one(self) -> Iterator[Process]:
        """Wait for a process that has nothing to do, and have it for as long as the context lasts."""
        process = self._free.get()
        try:
            yield process
        finally:
            self._free.put(process)

    def close(self) -> None:
        """End the processes."""
        for process in self._all:
            process.close()


def environment() -> dict[str, str]:
    """Return the environment of this process, with which another one finds featx."""
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path}


def stand_behind() -> None:
    """Let all other processes go first, and end when the pipe that is standard input is closed: for work nobody waits for."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, name="featx-parent", daemon=True).start()


def _end_with_parent() -> None:
    os.read(0, 1)  # nothing is ever written: it returns when the pipe is closed
    os._exit(0)


def _exchange(
    process: subprocess.Popen[bytes], content: bytes, options: Mapping[str, Any], limits: tuple[int, int]
) -> tuple[dict[str, Any], bytes]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    text = json.dumps(options).encode("ascii")
    process.stdin.write(REQUEST.pack(len(content), len(text)) + text)
    process.stdin.write(content)
    process.stdin.flush()
    n_facts, n_payload = ANSWER.unpack(_read(process.stdout, ANSWER.size))
    if n_facts > limits[0] or n_payload > limits[1]:
        raise ValueError("The answer is too large.")
    return json.loads(_read(process.stdout, n_facts)), _read(process.stdout, n_payload)


def _read(pipe: IO[bytes], n_bytes: int) -> bytes:
    content = pipe.read(n_bytes)
    if len(content) < n_bytes:
        raise EOFError
    return content


def _end_late(
    process: subprocess.Popen[bytes], seconds: float, is_done: threading.Event, is_late: threading.Event
) -> None:
    """End a process that looks at one file for too long: by its processor time, for a busy machine is no fault of the file."""
    until, before = time.monotonic() + MAX_WAIT * seconds, _processor_seconds(process)
    while not is_done.wait(seconds / 20):
        if _processor_seconds(process) - before > seconds or time.monotonic() > until:
            is_late.set()
            process.kill()
            return


def _processor_seconds(process: subprocess.Popen[bytes]) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
