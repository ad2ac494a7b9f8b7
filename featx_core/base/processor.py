"""What the processor of this machine can do, and how much of it this process may take."""

from __future__ import annotations

import functools
import os
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")  # of Linux; elsewhere it stays unknown
THREADS = "FEATX_THREADS"
"""The variable of the environment that says how many threads a network uses."""
_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})


@functools.cache
def has_bfloat16() -> bool:
    """Whether it multiplies bfloat16 numbers natively (AVX512-BF16 or AMX). False where unknown."""
    try:
        lines = _CPU_INFO.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2] for line in lines if line.startswith("flags")), "")
    return not _BFLOAT16.isdisjoint(flags.split())


def set_threads(n_threads: int) -> None:
    """Have networks that are loaded from now on in this process use so many threads; for processes that share a processor.

    Raises:
        ValueError: If it is below 1.
    """
    if n_threads < 1:
        raise ValueError(f"`n_threads` must be at least 1. Received: {n_threads}.")
    for name in (THREADS, "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(n_threads)


def threads() -> int | None:
    """Return how many threads a network may use; None for as many as there are cores."""
    text = os.environ.get(THREADS, "")
    return int(text) if text.isdecimal() and int(text) > 0 else None
