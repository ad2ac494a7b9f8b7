"""What the processor of this machine can do."""

from __future__ import annotations

import functools
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")  # of Linux; elsewhere it stays unknown
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
