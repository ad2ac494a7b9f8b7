"""One NumPy array: what its header declares, and its numbers. Nothing is ever unpickled."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

import numpy as np

from featx_core.base.wording import spaced, too_large
from featx_core.tables.content import number_words
from featx_core.tables.layout import MAX_COLUMNS, MAX_FILE_BYTES, Choice, TableError
from featx_core.tables.raw import RawColumn, RawTable

OBJECTS = "Python objects, which featx never unpacks"
_NUMERIC = "fiub"
_KINDS = {"U": "text", "S": "text", "c": "complex numbers", "M": "dates", "m": "time spans", "V": "raw bytes"}
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@dataclass(frozen=True)
class Header:
    """What an array declares of itself.

    Attributes:
        shape: Its shape.
        is_fortran: Whether the first axis varies fastest.
        dtype: What it holds.
    """

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]

    @property
    def n_bytes(self) -> int:
        """What it unpacks to."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_numeric(self) -> bool:
        """Whether it holds plain real numbers."""
        return self.dtype.kind in _NUMERIC and self.dtype.names is None

    @property
    def holds(self) -> str:
        """What is in it, in words."""
        if self.dtype.hasobject:
            return OBJECTS
        if self.dtype.names is not None:
            return "a structured array"
        return "numbers" if self.is_numeric else _KINDS.get(self.dtype.kind, "something else")

    @property
    def is_text(self) -> bool:
        """Whether it holds plain text."""
        return self.dtype.kind in "US"


def read_header(file: IO[bytes]) -> Header:
    """Read what an array declares, and nothing after it.

    Raises:
        TableError: If it is no array.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(file)
            if version not in _READERS:
                raise TableError("is of a form of NumPy file that featx does not read")
            header = Header(*_READERS[version](file))
    except TableError:
        raise
    except Exception as error:  # the header is a text that NumPy parses, and it fails in many ways
        raise TableError("is not a NumPy array that can be read: its header is damaged") from error
    if any(type(side) is not int or side < 0 for side in header.shape):
        raise TableError("is not a NumPy array that can be read: its header is damaged")
    return header


def read_values(file: IO[bytes], header: Header) -> np.ndarray:
    """Read the array that follows a header, which `check_size` has passed.

    Raises:
        TableError: If it ends early.
    """
    content = file.read(header.n_bytes)
    if len(content) < header.n_bytes:
        raise TableError("ends early")
    flat = np.frombuffer(content, header.dtype, count=math.prod(header.shape))
    return flat.reshape(header.shape, order="F" if header.is_fortran else "C")


def check_size(header: Header) -> None:
    """Refuse what is too large, by what it declares.

    Raises:
        TableError: If it would unpack to more than the limit, or take more as float32.
    """
    n_bytes = max(header.n_bytes, 4 * math.prod(header.shape) if header.is_numeric else 0)
    if n_bytes > MAX_FILE_BYTES:
        raise TableError(f"would unpack to {too_large(n_bytes, MAX_FILE_BYTES)}")


def check_kind(header: Header) -> None:
    """Refuse what is no table of numbers.

    Raises:
        TableError: If it holds anything but real numbers, or has another number of axes.
    """
    if header.dtype.hasobject:
        raise TableError(f"contains {OBJECTS}: save plain numbers")
    if header.dtype.names is not None:
        raise TableError("is a structured array: save its numbers as a plain array with one column a value")
    if not header.is_numeric:
        raise TableError(f"holds {header.holds}, not numbers")
    if not is_table(header.shape):
        shape = " x ".join(map(str, header.shape)) or "a single number"
        raise TableError(f"has {len(header.shape)} axes ({shape}): save one row an item and one column a value")


def is_table(shape: tuple[int, ...]) -> bool:
    """Return whether an array has rows and columns, but for axes of length one."""
    return len(shape) > 0 and sum(side != 1 for side in shape[1:]) <= 1


def open_table(opened: Callable[[], Any], choice: Choice) -> RawTable:
    """Read a NumPy file: its columns have no names.

    Raises:
        TableError: If it is no table of numbers, or too large, or ends early.
    """
    with opened() as file:
        header = read_header(file)
        check_kind(header)
        check_size(header)
        values = read_values(file, header).reshape(header.shape[0], -1 if header.shape[0] else 1)
    return RawTable(tuple(_columns(values)), len(values), matrix=values)


def _columns(values: np.ndarray) -> Iterator[RawColumn]:
    if values.shape[1] > MAX_COLUMNS:
        yield RawColumn(
            "numbers", f"{spaced(values.shape[1])} numbers a row", values.shape[1], lambda: values, None, True
        )
        return
    for at in range(values.shape[1]):
        own = values[:, at]
        yield RawColumn(f"column {at + 1}", "numbers", 1, partial(np.asarray, own), partial(number_words, own))
