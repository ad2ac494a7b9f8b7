"""Frees memory, and looks for garbage when there is some."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import sys
from collections.abc import Callable, Iterator


def hand_back() -> None:
    """Collect garbage, and return free pages to the system. Takes milliseconds.

    Only glibc (Linux) needs to be asked, and elsewhere this only collects garbage.
    """
    gc.collect()
    _trim()(0)


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no garbage while very many small objects are made that all stay.

    Python looks for cycles whenever so many objects are new: of twenty thousand columns that is a third of the time, and
    finds nothing. What is dropped without being part of a cycle is freed all the same.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


@functools.cache
def _trim() -> Callable[[int], object]:
    if sys.platform != "linux":
        return _nothing
    return getattr(ctypes.CDLL(None), "malloc_trim", _nothing)  # another C library, such as musl, has none


def _nothing(_pad: int) -> None:
    return None
