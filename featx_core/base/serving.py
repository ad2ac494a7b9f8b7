"""The inside of a process that looks at files for another one, which may end it at any time.

It reads requests from standard input and writes answers to standard output. A file that crashes or blocks it does not
affect the app. It ends when it has been idle for a while.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

IDLE_SECONDS = 60.0
MEMORY_BYTES = 4 * 1024**3
NICENESS = 5
OOM_SCORE = 600  # of 1000: when the machine runs out of memory, Linux ends this process before worker and server
REQUEST = struct.Struct("<QI")  # bytes of the file, bytes of the options as JSON
ANSWER = struct.Struct("<QQ")  # bytes of the facts as JSON, bytes of what goes with them

Answer = Callable[[bytes, Mapping[str, Any]], tuple[dict[str, Any], bytes]]


def serve(answer: Answer, *, idle_seconds: float = IDLE_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
    """Answer requests until there are no more.

    Args:
        answer: Takes the bytes of a file and options; gives facts, and bytes that go with them.
        idle_seconds: After so long without a request the process ends.
        memory_bytes: Of address space, at most.
    """
    step_back(memory_bytes)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a decoder prints does not get between the answers
    while (request := _next_request(requests, idle_seconds)) is not None:
        facts, payload = _answered(answer, *request)
        text = json.dumps(facts).encode("ascii")
        answers.write(ANSWER.pack(len(text), len(payload)) + text)
        answers.write(payload)
        answers.flush()


def _answered(answer: Answer, content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        return answer(content, options)
    except MemoryError:
        return {"fault": "does not fit into memory"}, b""
    except Exception as error:
        return {"unexpected": f"{type(error).__name__}: {error}"[:1_000]}, b""


def step_back(memory_bytes: int = MEMORY_BYTES) -> None:
    """Let the others go first, take no more than so much memory, and leave no dump behind."""
    limit_memory(memory_bytes)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")


def limit_memory(memory_bytes: int) -> None:
    """Take no more than so much memory from now on, and leave no dump behind. A limit can only be lowered."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _next_request(requests: BinaryIO, idle_seconds: float) -> tuple[bytes, dict[str, Any]] | None:
    """Wait for a request; end the process when none comes for long."""
    idle = threading.Timer(idle_seconds, os._exit, (0,))
    idle.daemon = True
    idle.start()
    head = requests.read(REQUEST.size)
    idle.cancel()
    if len(head) < REQUEST.size:
        return None
    n_bytes, n_options = REQUEST.unpack(head)
    options = json.loads(requests.read(n_options))
    return requests.read(n_bytes), options
