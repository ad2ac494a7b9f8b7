"""NumPy archives: several arrays in a zip; the sizes that they declare are checked before anything is unpacked."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import numpy as np

from featx_core.base.wording import too_large
from featx_core.tables import npy
from featx_core.tables.assembly import assemble_vectors
from featx_core.tables.layout import MAX_FILE_BYTES, Choice, Layout, TableError, guess_columns
from featx_core.tables.rows import Vectors

MAX_ARRAYS = 1_000
_SUFFIX = ".npy"
_LIKELY = ("values", "vectors", "features", "embeddings", "embedding", "x", "data")  # names of arrays of vectors
_OWN = ("values", "names", "labels", "digests", "spec")  # what featx writes
_FAULTS = (
    zipfile.BadZipFile, OSError, EOFError, struct.error, zlib.error, NotImplementedError, RuntimeError, UnicodeDecodeError,
)  # fmt: skip
_SAMPLE = 1_000


def look(file: IO[bytes], choice: Choice) -> Layout:
    """Find the arrays of an archive: those of numbers, and those that can name or label the rows of the chosen one.

    Raises:
        TableError: If there is none of numbers.
    """
    with _opened(file) as archive:
        headers = _headers(archive)
        arrays = _of_numbers(headers)
        if not arrays:
            _explain(headers)
        n_rows = headers[_chosen(arrays, choice)].shape[0]
        columns = [name for name, header in headers.items() if _can_name(header, n_rows) and name not in arrays[:1]]
        columns = [name for name in columns if name != _chosen(arrays, choice)]
        samples = {name: _words(archive, name, headers[name])[:_SAMPLE] for name in columns[:8]}
    texts = [name for name in columns if headers[name].is_text and name != "digests"]
    return Layout(tuple(columns), *guess_columns(columns, samples, texts), arrays=arrays)


def read(file: IO[bytes], choice: Choice) -> Vectors:
    """Read one array of an archive as vectors, with the names and labels of others.

    Raises:
        TableError: If that array is no table of numbers, or something is too large or damaged.
    """
    layout = look(file, choice)
    array = _chosen(layout.arrays, choice)
    with _opened(file) as archive:
        headers = _headers(archive)
        values = npy.as_table(_values(archive, array, headers[array]))
        names, labels = (
            None if name is None else _words(archive, name, headers[name])
            for name in (layout.named(choice), layout.labelled(choice))
        )
    return assemble_vectors(values, names, labels)


@contextlib.contextmanager
def _opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except _FAULTS as error:
        raise TableError("is not a NumPy archive that can be read: it is damaged") from error


def _headers(archive: zipfile.ZipFile) -> dict[str, npy.Header]:
    """Read what the arrays declare. Those that cannot be read are passed over."""
    members = [name for name in archive.namelist() if name.endswith(_SUFFIX)]
    if len(members) > MAX_ARRAYS:
        raise TableError(f"holds more than {MAX_ARRAYS} arrays")
    found = {}
    for member in members:
        with contextlib.suppress(TableError), archive.open(member) as file:
            found[member.removesuffix(_SUFFIX)] = npy.read_header(file)
    return found


def _of_numbers(headers: Mapping[str, npy.Header]) -> tuple[str, ...]:
    """Name the arrays that can be vectors, the likeliest first."""
    n_axes = tuple(range(2, 9)) if all(name in headers for name in _OWN) else (2,)
    tables = [name for name, header in headers.items() if header.is_numeric and len(header.shape) in n_axes]
    found = tables or [name for name, header in headers.items() if header.is_numeric and len(header.shape) == 1]
    return tuple(sorted(found, key=lambda name: (_rank(name), -headers[name].n_bytes, name)))


def _rank(name: str) -> int:
    return _LIKELY.index(name.lower()) if name.lower() in _LIKELY else len(_LIKELY)


def _explain(headers: Mapping[str, npy.Header]) -> None:
    """Say why no array can be used."""
    for name, header in headers.items():
        try:
            npy.check_kind(header)
        except TableError as error:
            raise TableError(f"holds no table of numbers: its array “{name}” {error}") from None
    raise TableError("holds no array")


def _chosen(arrays: Sequence[str], choice: Choice) -> str:
    if choice.array is not None and choice.array not in arrays:
        raise TableError(f"has no table of numbers “{choice.array}”. It has: {', '.join(arrays[:12])}")
    return choice.array or arrays[0]


def _can_name(header: npy.Header, n_rows: int) -> bool:
    is_word = header.is_text or (header.is_numeric and header.dtype.kind in "iub")
    return is_word and header.shape == (n_rows,) and header.n_bytes <= MAX_FILE_BYTES


def _values(archive: zipfile.ZipFile, name: str, header: npy.Header) -> np.ndarray:
    npy.check_size(header)
    declared = archive.getinfo(name + _SUFFIX).file_size
    if declared > MAX_FILE_BYTES + 2**16:
        raise TableError(f"would unpack to {too_large(declared, MAX_FILE_BYTES)}")
    with archive.open(name + _SUFFIX) as file:
        npy.read_header(file)
        return npy.read_values(file, header)


def _words(archive: zipfile.ZipFile, name: str, header: npy.Header) -> list[str]:
    found = _values(archive, name, header)
    if header.dtype.kind == "S":
        return [cell.decode("utf-8", "replace") for cell in found.tolist()]
    return [str(cell) for cell in found.tolist()]
