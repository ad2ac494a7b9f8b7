"""Stands in for the process that looks at files: does what the file's bytes say."""

import os
import signal
import time

from featx_core.images import looking
from featx_core.images.decoding import ImageError


def examine(content: bytes, *, side: int, rendering: str):
    if content == b"hang":
        time.sleep(600)
    while content == b"spin":
        pass
    if content == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if content == b"killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if content == b"surprise":
        raise KeyError("surprise")
    if content == b"print":
        os.write(1, b"a decoder's warning")
    raise ImageError(f"is {content.decode()} of {side}")


if __name__ == "__main__":
    looking.examine = examine  # type: ignore[assignment]
    looking.main(idle_seconds=0.5)
