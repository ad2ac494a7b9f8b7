"""NumPy archives: several arrays in a zip; the sizes that they declare are checked before anything is unpacked."""

from __future__ import annotations

import contextlib
import math
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.files.zip_faults import ZIP_FAULTS
from featx_core.base.wording import counted, too_large
from featx_core.tables.columns.column_words import vector_rank
from featx_core.tables.content import number_words
from featx_core.tables.formats import npy
from featx_core.tables.layout import MAX_FILE_BYTES, Choice, TableError
from featx_core.tables.raw import RawColumn, RawTable

if TYPE_CHECKING:
    import pyarrow

Opened = Callable[[], Any]
MAX_ARRAYS = 1_000
_SUFFIX = ".npy"
_OWN = frozenset({"values", "names", "labels", "digests", "spec"})  # what featx writes
_OWN_ASIDE = frozenset({"digests", "spec", "copies"})


def open_table(opened: Opened, choice: Choice) -> RawTable:
    """Find the arrays of an archive, each a column; those that are asked for are unpacked then.

    Args:
        opened: Opens the file, as a context; once more for each array.
        choice: Which array holds the features, where it is stated: the others have to be as long.

    Raises:
        TableError: If there is none of numbers.
    """
    with _archive(opened) as archive:
        headers, damaged = _headers(archive)
    tables = {name for name, header in headers.items() if _is_table(name, header, headers)}
    arrays = _ordered(headers, tables)
    if not arrays:
        _explain(headers, damaged)
    stated = [name for name, role in choice.stated.items() if role == "feature" and name in tables]
    if choice.array is not None and choice.array not in stated:
        raise TableError(f"has no table of numbers “{choice.array}”. It has: {', '.join(arrays[:12])}")
    n_rows = headers[(stated or arrays)[0]].shape[0]
    hidden = _OWN_ASIDE if headers.keys() >= _OWN else frozenset()
    columns = tuple(
        _column(opened, name, header, n_rows, is_features=name in tables)
        for name, header in headers.items()
        if name not in hidden
    ) + tuple(RawColumn(name, "damaged") for name in damaged)
    return RawTable(columns, n_rows, arrays if len(headers[arrays[0]].shape) > 1 else (), noun="array")


@contextlib.contextmanager
def _archive(opened: Opened) -> Iterator[zipfile.ZipFile]:
    try:
        with opened() as file, zipfile.ZipFile(file) as archive:
            yield archive
    except TableError:
        raise
    except ZIP_FAULTS as error:
        raise TableError("is not a NumPy archive that can be read: it is damaged") from error


def _headers(archive: zipfile.ZipFile) -> tuple[dict[str, npy.Header], list[str]]:
    """Read what the arrays declare, and list those that cannot be read."""
    members = [name for name in archive.namelist() if name.endswith(_SUFFIX)]
    if len(members) > MAX_ARRAYS:
        raise TableError(f"holds more than {MAX_ARRAYS} arrays")
    found: dict[str, npy.Header] = {}
    damaged = []
    for member in members:
        name = member.removesuffix(_SUFFIX)
        try:
            with archive.open(member) as file:
                found[name] = npy.read_header(file)
        except ZIP_FAULTS:  # or of its header: a TableError is a ValueError
            damaged.append(name)
    return found, damaged


def _is_table(name: str, header: npy.Header, headers: Mapping[str, npy.Header]) -> bool:
    """Return whether an array can be features; of what featx wrote, with any number of axes."""
    is_own = name == "values" and headers.keys() >= _OWN
    return header.is_numeric and bool(header.shape) and (npy.is_table(header.shape) or is_own)


def _ordered(headers: Mapping[str, npy.Header], tables: Collection[str]) -> tuple[str, ...]:
    """Put the likeliest features first; arrays of one axis only count where there is no other."""
    wide = [name for name in tables if len(headers[name].shape) > 1]
    return tuple(sorted(wide or tables, key=lambda name: (vector_rank(name), -headers[name].n_bytes, name)))


def _explain(headers: Mapping[str, npy.Header], damaged: Sequence[str]) -> None:
    """Say why no array can be used."""
    for name, header in sorted(headers.items(), key=lambda item: item[1].is_text):
        try:
            npy.check_kind(header)
        except TableError as error:
            raise TableError(f"holds no table of numbers: its array “{name}” {error}") from None
    if damaged:
        raise TableError(f"is damaged: its array “{damaged[0]}” cannot be read")
    raise TableError("holds no array")


def _column(opened: Opened, name: str, header: npy.Header, n_rows: int, *, is_features: bool) -> RawColumn:
    fault = _misfit(header, n_rows, is_features=is_features)
    if fault:
        return RawColumn(name, fault)
    load = partial(_values, opened, name, header)
    if header.is_text:
        return RawColumn(name, "text", load_words=lambda: _texts(load()))
    n_values = math.prod(header.shape) // max(n_rows, 1)
    if len(header.shape) == 1 or n_values == 1:
        return RawColumn(name, "numbers", 1, lambda: load().ravel(), lambda: number_words(load().ravel()))
    holds = f"{counted(n_values, 'number')} a row"
    return RawColumn(name, holds, n_values, lambda: load().reshape(n_rows, -1), None, True)


def _misfit(header: npy.Header, n_rows: int, *, is_features: bool) -> str:
    """Say why an array cannot be beside others of so many rows; "" if it can."""
    if not (header.is_numeric or header.is_text) or header.dtype.names is not None:
        return header.holds
    if not header.shape:
        return "a single value"
    if header.shape[0] != n_rows and header.shape != (1, n_rows):
        return f"{counted(header.shape[0], 'row')} rather than {n_rows}"
    if math.prod(header.shape) == n_rows:
        return ""
    if header.is_text:
        return "several texts a row"
    return "" if npy.is_table(header.shape) or is_features else f"{len(header.shape)} axes"


def _values(opened: Opened, name: str, header: npy.Header) -> np.ndarray:
    npy.check_size(header)
    with _archive(opened) as archive:
        declared = archive.getinfo(name + _SUFFIX).file_size
        if declared > MAX_FILE_BYTES + 2**16:
            raise TableError(f"would unpack to {too_large(declared, MAX_FILE_BYTES)}")
        with archive.open(name + _SUFFIX) as file:
            npy.read_header(file)
            return npy.read_values(file, header)


def _texts(values: np.ndarray) -> pyarrow.Array:
    import pyarrow

    found = values.ravel().tolist()
    if values.dtype.kind == "S":
        found = [cell.decode("utf-8", "replace") for cell in found]
    return pyarrow.array([cell.strip() or None for cell in found], pyarrow.string())
