"""Tables of numbers in: CSV, NPY, NPZ and Parquet files as vectors with names and labels."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, TypeVar

from featx_core.base.file_names import clean_name
from featx_core.base.wording import too_large
from featx_core.tables import delimited, npy, npz, parquet
from featx_core.tables.layout import MAX_CELLS, MAX_FILE_BYTES, Choice, Layout, TableError
from featx_core.tables.rows import Vectors

__all__ = [
    "MAX_CELLS", "MAX_FILE_BYTES", "TABLE_FILES", "Choice", "Layout", "Source", "TableError", "is_table_file",
    "look_at_table", "read_table", "read_vectors",
]  # fmt: skip

Found = TypeVar("Found")
Source = Path | str | tuple[str, bytes | IO[bytes]]


@dataclass(frozen=True)
class TableFile:
    """One kind of file of numbers.

    Attributes:
        title: What to call it.
        look: Finds what a file offers.
        read: Reads what was chosen of it.
    """

    title: str
    look: Callable[[IO[bytes], Choice], Layout]
    read: Callable[[IO[bytes], Choice], Vectors]


TABLE_FILES: Mapping[str, TableFile] = MappingProxyType(
    {
        "csv": TableFile("CSV", delimited.look, delimited.read),
        "tsv": TableFile("TSV", delimited.look, delimited.read),
        "npy": TableFile("NumPy array", npy.look, npy.read),
        "npz": TableFile("NumPy archive", npz.look, npz.read),
        "parquet": TableFile("Parquet", parquet.look, parquet.read),
    }
)
"""By extension."""


def is_table_file(name: str) -> bool:
    """Tell whether a file is a table of numbers, by its extension.

    >>> is_table_file("birds/Embeddings.CSV"), is_table_file("owl.png")
    (True, False)
    """
    return _extension(name) in TABLE_FILES


def read_vectors(
    source: Source,
    *,
    array: str | None = None,
    name_column: str | None = None,
    label_column: str | None = None,
    has_header: bool | None = None,
    good_rows_only: bool = False,
) -> Vectors:
    r"""Read a CSV, TSV, NPY, NPZ or Parquet file as vectors with names and labels.

    Nothing in a file is ever run or unpickled, and its size is checked by what it declares before it is read. Rows with
    missing or infinite values are left out and counted in the notes.

    Args:
        source: A path, or a `(name, bytes or binary file)` pair; the name's extension tells the kind.
        array: Which array of an NPZ file, or which column of lists of a Parquet file. None: the likeliest.
        name_column: Which column (or array) names the rows. None guesses, "" takes none.
        label_column: Which column (or array) holds their labels. None guesses, "" takes none.
        has_header: Whether the first row of a CSV file names its columns. None guesses.
        good_rows_only: Whether rows of a CSV file that cannot be read are left out, rather than being a fault.

    Returns:
        Vectors, to look at or to keep with `add_vectors`.

    Raises:
        TableError: If the file gives no vectors; the message says why and what to do.

    >>> vectors = read_vectors(("points.csv", b"file;kind;x;y\nowl.png;bird;1,5;2\ncat.png;pet;3;4"))
    >>> vectors.values.tolist(), vectors.names, vectors.labels
    ([[1.5, 2.0], [3.0, 4.0]], ('owl.png', 'cat.png'), ('bird', 'pet'))
    """
    return read_table(source, Choice(array, name_column, label_column, has_header, good_rows_only))


def look_at_table(source: Source, choice: Choice | None = None) -> Layout:
    """Find what a file offers: its arrays and columns, and which of them seem to be names and labels.

    Args:
        source: As for `read_vectors`.
        choice: What was chosen so far.

    Raises:
        TableError: If the file gives no vectors; the message says why.
    """
    return _with_file(source, lambda kind, file: kind.look(file, choice or Choice()))


def read_table(source: Source, choice: Choice) -> Vectors:
    """Read what was chosen of a file. As `read_vectors`."""
    return _with_file(source, lambda kind, file: kind.read(file, choice))


def _with_file(source: Source, use: Callable[[TableFile, IO[bytes]], Found]) -> Found:
    name, file = _opened(source)
    shown = clean_name(name)
    try:
        kind = TABLE_FILES.get(_extension(name))
        if kind is None:
            raise TableError(
                f"is not a table of numbers: those are {', '.join(f'.{each}' for each in TABLE_FILES)} files"
            )
        n_bytes = file.seek(0, os.SEEK_END)
        if n_bytes > MAX_FILE_BYTES:
            raise TableError(f"is too large: {too_large(n_bytes, MAX_FILE_BYTES)}")
        if not n_bytes:
            raise TableError("is empty")
        return use(kind, file)
    except TableError as error:
        raise TableError(f"{shown} {error}.", n_good=error.n_good) from error
    finally:
        if not isinstance(source, tuple):
            file.close()


def _opened(source: Source) -> tuple[str, IO[bytes]]:
    if isinstance(source, tuple):
        name, content = source
        return name, io.BytesIO(content) if isinstance(content, bytes) else content
    path = Path(source)
    try:
        return path.name, path.open("rb")
    except OSError:
        raise TableError(f"{clean_name(path.name)} cannot be opened. Check its path.") from None


def _extension(name: str) -> str:
    return PurePosixPath(clean_name(name)).suffix.lower().removeprefix(".")
