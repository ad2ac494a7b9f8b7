"""`python -m featx_core.images.looking`: examines files for another process, which may end it at any time.

It reads requests from standard input and writes answers to standard output. A file that crashes or blocks it does not
affect the app. It ends when it has been idle for a while.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from featx_core.images.decoding import ImageError, decode, examine
from featx_core.images.fitting import fit_image

IDLE_SECONDS = 60.0
MEMORY_BYTES = 4 * 1024**3
NICENESS = 5
OOM_SCORE = 600  # of 1000: when the machine runs out of memory, Linux ends this process before worker and server
REQUEST = struct.Struct("<QI")  # bytes of the file, bytes of the options as JSON
ANSWER = struct.Struct("<IQ")  # bytes of the facts as JSON, bytes of the image


def main() -> None:
    """Answer requests until there are no more."""
    step_back()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a decoder prints does not get between the answers
    while (request := _next_request(requests)) is not None:
        facts, picture = answer(*request)
        text = json.dumps(facts).encode("ascii")
        answers.write(ANSWER.pack(len(text), len(picture)) + text + picture)
        answers.flush()


def answer(content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Look at one file: give its facts, or what is wrong with it, and an image.

    Args:
        content: The bytes of the file.
        options: `scaling`, and `side` for a small image as WebP, or `size` and `fit` for pixels.
    """
    try:
        return _fitted(content, **options) if "size" in options else _examined(content, **options)
    except ImageError as error:
        return {"fault": str(error)}, b""
    except MemoryError:
        return {"fault": "does not fit into memory"}, b""
    except Exception as error:
        return {"unexpected": f"{type(error).__name__}: {error}"[:1_000]}, b""


def _examined(content: bytes, *, side: int, scaling: str) -> tuple[dict[str, Any], bytes]:
    facts, small, brightness = examine(content, side=side, scaling=scaling)
    found = {"format": facts.format, "width": facts.width, "height": facts.height, "notes": list(facts.notes)}
    return {**found, "brightness": brightness}, small


def _fitted(content: bytes, *, size: Sequence[int], fit: str, scaling: str) -> tuple[dict[str, Any], bytes]:
    height, width = size
    pixels = decode(content, at_least=(height, width), scaling=scaling)
    return {}, fit_image(pixels, (height, width), fit).tobytes()


def step_back() -> None:
    """Lower the priority, limit the memory, and leave no core dump."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")


def _next_request(requests: BinaryIO) -> tuple[bytes, dict[str, Any]] | None:
    """Wait for a request; end the process when none comes for a long time."""
    idle = threading.Timer(IDLE_SECONDS, os._exit, (0,))
    idle.daemon = True
    idle.start()
    head = requests.read(REQUEST.size)
    idle.cancel()
    if len(head) < REQUEST.size:
        return None
    n_bytes, n_options = REQUEST.unpack(head)
    options = json.loads(requests.read(n_options))
    return requests.read(n_bytes), options


if __name__ == "__main__":
    main()
