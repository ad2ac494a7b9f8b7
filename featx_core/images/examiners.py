"""Examination of files in separate processes, so that no file can block, exhaust or crash this one."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil

from featx_core.images.decoding import THUMBNAIL_SIDE, ImageError, ImageFacts
from featx_core.images.looking import ANSWER, REQUEST
from featx_core.images.scaling import AUTOMATIC

SECONDS_A_FILE = 60.0  # of the processor
SECONDS_FOR_A_PAGE = 20.0
MAX_WAIT = 5
"""So many times as long may a file take by the clock, on a busy machine."""

N_PROCESSES = min(2, os.cpu_count() or 1)
MAX_FACTS_BYTES, MAX_PICTURE_BYTES = 1024**2, 64 * 1024**2
_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class _GoneError(Exception):
    """The process has ended, for the reason that its exit code tells."""


class Examiner:
    """One process that looks at files, started when it is needed.

    Args:
        module: What it runs.
        seconds: Of the processor that one file may take.
    """

    def __init__(self, module: str = "featx_core.images.looking", *, seconds: float = SECONDS_A_FILE) -> None:
        self._module = module
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def examine(
        self, content: bytes, *, side: int = THUMBNAIL_SIDE, scaling: str = AUTOMATIC
    ) -> tuple[ImageFacts, bytes, float]:
        """Look at a file as `featx_core.images.decoding.examine` does, and with the same results.

        Raises:
            ImageError: As there; and if the file takes too long, or ends the process that looks at it.
            RuntimeError: If looking at it raised what nobody expected.
        """
        facts, small = self._ask(content, {"side": side, "scaling": scaling})
        found = ImageFacts(facts["format"], facts["width"], facts["height"], tuple(facts["notes"]))
        return found, small, facts["brightness"]

    def fitted(self, content: bytes, size: tuple[int, int], fit: str, *, scaling: str = AUTOMATIC) -> np.ndarray:
        """Decode a file and bring it to a network's size, as extraction does.

        Args:
            content: The bytes of the file.
            size: `(height, width)` in pixels.
            fit: A key of `FITS`.
            scaling: As for `decode`.

        Returns:
            uint8 `(*size, 3)`.

        Raises:
            ImageError: As `examine` raises it.
            RuntimeError: As `examine` raises it.
        """
        pixels = self._ask(content, {"size": size, "fit": fit, "scaling": scaling})[1]
        return np.frombuffer(pixels, np.uint8).reshape(*size, 3)

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

    def _ask(self, content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            facts, picture = self._answer(content, options)
        except _GoneError:  # it had nothing to do for a while
            facts, picture = self._answer(content, options)
        if "fault" in facts:
            raise ImageError(facts["fault"])
        if "unexpected" in facts:
            raise RuntimeError(f"Looking at a file raised {facts['unexpected']}.")
        return facts, picture

    def _answer(self, content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        process = self._started()
        is_done, is_late = threading.Event(), threading.Event()
        watch = threading.Thread(target=_end_late, args=(process, self._seconds, is_done, is_late), daemon=True)
        watch.start()
        try:
            return _exchange(process, content, options)
        except (OSError, EOFError, ValueError, KeyError):
            self._explain_end(is_late.is_set())
            raise
        finally:
            is_done.set()

    def _explain_end(self, is_late: bool) -> None:
        """Say why there was no answer.

        Raises:
            ImageError: If the file is the reason.
            _GoneError: If the process had ended before, by itself.
        """
        process = self._process
        with contextlib.suppress(subprocess.TimeoutExpired):
            if process is not None:
                process.wait(1.0)
        code = process.returncode if process is not None else None
        self.close()
        if is_late:
            raise ImageError(f"takes more than {self._seconds:.3g} seconds to read")
        if code == -9:  # the machine had no more memory
            raise ImageError("does not fit into memory")
        if code == 0:
            raise _GoneError
        raise ImageError("crashes the program that reads it")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": path},
                start_new_session=os.name == "posix",  # Ctrl-C in the terminal is for the server alone
            )
        return self._process


class Examiners:
    """A few processes that look at files. As many files are looked at at once; who comes later waits.

    Args:
        n_processes: How many.
        seconds: Of the processor that one file may take.
    """

    def __init__(self, n_processes: int = N_PROCESSES, *, seconds: float = SECONDS_A_FILE) -> None:
        self._all = [Examiner(seconds=seconds) for _ in range(n_processes)]
        self._free: queue.LifoQueue[Examiner] = queue.LifoQueue()
        for examiner in self._all:
            self._free.put(examiner)

    def examine(
        self, content: bytes, *, side: int = THUMBNAIL_SIDE, scaling: str = AUTOMATIC
    ) -> tuple[ImageFacts, bytes, float]:
        """Look at a file, as `Examiner.examine` does."""
        with self._one() as examiner:
            return examiner.examine(content, side=side, scaling=scaling)

    def fitted(self, content: bytes, size: tuple[int, int], fit: str, *, scaling: str = AUTOMATIC) -> np.ndarray:
        """Decode a file and fit it, as `Examiner.fitted` does."""
        with self._one() as examiner:
            return examiner.fitted(content, size, fit, scaling=scaling)

    @contextlib.contextmanager
    def _one(self) -> Iterator[Examiner]:
        examiner = self._free.get()
        try:
            yield examiner
        finally:
            self._free.put(examiner)

    def close(self) -> None:
        """End the processes."""
        for examiner in self._all:
            examiner.close()


EXAMINERS = Examiners()
"""Those of this process, for files that come in. None is started before a file is looked at."""

FOR_PAGES = Examiners(seconds=SECONDS_FOR_A_PAGE)
"""Those for images that a page waits for: no intake stands before them."""

for _examiners in (EXAMINERS, FOR_PAGES):
    atexit.register(_examiners.close)


def _exchange(
    process: subprocess.Popen[bytes], content: bytes, options: Mapping[str, Any]
) -> tuple[dict[str, Any], bytes]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    text = json.dumps(options).encode("ascii")
    process.stdin.write(REQUEST.pack(len(content), len(text)) + text)
    process.stdin.write(content)
    process.stdin.flush()
    n_facts, n_small = ANSWER.unpack(_read(process.stdout, ANSWER.size))
    if n_facts > MAX_FACTS_BYTES or n_small > MAX_PICTURE_BYTES:
        raise ValueError("The answer is too large.")
    return json.loads(_read(process.stdout, n_facts)), _read(process.stdout, n_small)


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
