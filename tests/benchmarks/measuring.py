"""What the benchmarks share: what a row says, the machine that it was measured on, files to measure with."""

import io
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = {"0.3 megapixels": (640, 480), "12 megapixels": (4000, 3000)}
_PHOTOGRAPHS: dict[tuple[int, int], bytes] = {}


@dataclass(frozen=True)
class Outcome:
    """One line of the table.

    Attributes:
        what: What was measured, against what.
        value: What came out, with the range over the repeats.
        bar: What is asked for; "" where nothing is.
        is_met: Whether it is reached; None where nothing is asked for.
    """

    what: str
    value: str
    bar: str = ""
    is_met: bool | None = None


def at_least(what: str, found: Sequence[float], bar: float) -> Outcome:
    """Judge a ratio by its median over the repeats: the higher the better."""
    return Outcome(what, spread(found), f"at least {bar:g}", bool(statistics.median(found) >= bar))


def at_most(what: str, found: Sequence[float], bar: float, unit: str = "") -> Outcome:
    """Judge a ratio or a time by its median over the repeats: the lower the better."""
    return Outcome(what, spread(found, unit), f"at most {bar:g}{unit}", bool(statistics.median(found) <= bar))


def spread(found: Sequence[float], unit: str = "") -> str:
    """Write the median and the range of a few repeats."""
    return f"{statistics.median(found):.3g}{unit} ({min(found):.3g} to {max(found):.3g}, {len(found)} repeats)"


def seconds_of(work: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def keep_compiled_code(folder: Path) -> None:
    """Have the processes that are started from now on keep compiled code, as they do for a newcomer, in a folder of its own."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def photograph(size: tuple[int, int], number: int) -> bytes:
    """Make a file of its own that decodes like a photograph: a smooth image with detail, its number behind the end."""
    if size not in _PHOTOGRAPHS:
        coarse = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
        _PHOTOGRAPHS[size] = out.getvalue()
    return _PHOTOGRAPHS[size] + str(number).encode()


def machine() -> str:
    """Describe the machine, and how busy it is."""
    load = "unknown" if not hasattr(os, "getloadavg") else " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
