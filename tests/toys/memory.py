"""The most memory that this process has held, as Linux reports it."""

import contextlib
import re
from pathlib import Path


def forget_peak() -> None:
    """Let the peak begin again from what is held now, where the kernel allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def peak_megabytes() -> int:
    """Return the peak since the process began or `forget_peak`.

    Not `resource.getrusage`: its figure begins with that of the process that started this one.
    """
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))[1]) // 1024
