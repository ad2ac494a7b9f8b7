"""Returns freed memory to the operating system, which the C library otherwise keeps."""

from __future__ import annotations

import ctypes
import functools
import gc
import sys
from collections.abc import Callable


def hand_back() -> None:
    """Collect garbage, and return free pages to the system. Takes milliseconds.

    Only glibc (Linux) needs to be asked, and elsewhere this only collects garbage.
    """
    gc.collect()
    _trim()(0)


@functools.cache
def _trim() -> Callable[[int], object]:
    if sys.platform != "linux":
        return _nothing
    return getattr(ctypes.CDLL(None), "malloc_trim", _nothing)  # another C library, such as musl, has none


def _nothing(_pad: int) -> None:
    return None
