"""Tables of numbers in: CSV, NPY, NPZ and Parquet files as vectors with names and labels."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, Any

from featx_core.base.files.file_names import clean_name
from featx_core.base.memory import without_collecting
from featx_core.base.wording import too_large
from featx_core.tables.assembly import assemble_vectors
from featx_core.tables.columns.roles import guess_roles, is_doubtful
from featx_core.tables.formats import delimited, npy, npz, parquet, parts
from featx_core.tables.layout import MAX_FILE_BYTES, ROLES, Choice, Layout, Role, TableError, check_rows
from featx_core.tables.raw import RawTable
from featx_core.tables.rows import Vectors
from featx_core.tables.settling import settle_roles

Source = Path | str | tuple[str, bytes | IO[bytes]]


@dataclass(frozen=True)
class TableFile:
    """One kind of file of numbers.

    Attributes:
        title: What to call it.
        open: Finds its columns. Takes what opens the file, as often as is needed, and what was chosen so far.
    """

    title: str
    open: Callable[[Callable[[], Any], Choice], RawTable]


TABLE_FILES: Mapping[str, TableFile] = MappingProxyType(
    {
        "csv": TableFile("CSV", delimited.open_table),
        "tsv": TableFile("TSV", delimited.open_table),
        "npy": TableFile("NumPy array", npy.open_table),
        "npz": TableFile("NumPy archive", npz.open_table),
        "parquet": TableFile("Parquet", parquet.open_table),
    }
)
"""By extension."""


@dataclass(frozen=True, eq=False)
class OpenTable:
    """A file that has been read, so that what is taken of it can be chosen and changed without reading it again.

    Attributes:
        name: What the file is called.
        layout: What it offers, and the best guess of what is meant.
    """

    name: str
    layout: Layout
    _raw: RawTable = field(repr=False)

    def vectors(self, choice: Choice) -> Vectors:
        """Take what was chosen; `has_header` as at opening.

        Raises:
            TableError: If a column cannot have its role, or no rows are left.
        """
        with _named(self.name):
            columns = settle_roles(self.layout.columns, choice)
            return assemble_vectors(self._raw, columns, good_rows_only=choice.good_rows_only)


def is_table_file(name: str) -> bool:
    """Return whether a file is a table of numbers, by its extension.

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
    roles: Mapping[str, Role] | None = None,
    has_header: bool | None = None,
    good_rows_only: bool = False,
) -> Vectors:
    r"""Read a CSV, TSV, NPY, NPZ or Parquet file, or a folder of parts, as vectors with names and labels.

    Nothing in a file is ever run or unpickled, and its size is checked by what it declares before it is read. Rows with
    missing or infinite values are left out and counted in the notes.

    Each column (or array) is a feature, the labels, the row names, or left out. Numbers of rows, identifiers and
    numbers of classes are no features: what is guessed of each column is in `columns` of the result, what was left out
    in its notes, and `roles` changes it.

    A folder of parts, as `featx extract --ray` writes it, comes in by up to 100 000 rows and 256 MB of numbers: of more an
    even sample, which is said in the notes.

    Args:
        source: A path, or a `(name, bytes or binary file)` pair; the name's extension tells the kind.
        array: Which array of an NPZ file, or which column of vectors, holds the features. None: the likeliest.
        name_column: Which column (or array) names the rows. None guesses, "" takes none.
        label_column: Which column (or array) holds their labels. None guesses, "" takes none.
        roles: "feature", "label", "name" or "left out" for columns that the guess is wrong about. Several columns can be
            the labels when each marks one class with 1.
        has_header: Whether the first row of a CSV file names its columns. None guesses.
        good_rows_only: Whether rows that cannot be read are left out, rather than being a fault.

    Returns:
        Vectors, to look at or to keep with `add_vectors`.

    Raises:
        TableError: If the file gives no vectors; the message says why and what to do.
        ValueError: If `roles` has a role that there is not.

    >>> vectors = read_vectors(("points.csv", b"file;kind;x;y\nowl.png;bird;1,5;2\ncat.png;pet;3;4"))
    >>> vectors.values.tolist(), vectors.names, vectors.labels
    ([[1.5, 2.0], [3.0, 4.0]], ('owl.png', 'cat.png'), ('bird', 'pet'))
    >>> read_vectors(("points.csv", b"id,class_id,x,z\n7,0,1,2\n9,1,3,4"), roles={"id": "feature"}).values.tolist()
    [[7.0, 1.0, 2.0], [9.0, 3.0, 4.0]]
    """
    for column, role in (roles or {}).items():
        if role not in ROLES:
            raise ValueError(f"`roles` must be among {', '.join(map(repr, ROLES))}. Received: {role!r} for {column!r}.")
    stated = tuple((roles or {}).items())
    return read_table(source, Choice(array, name_column, label_column, has_header, good_rows_only, stated))


def look_at_table(source: Source, choice: Choice | None = None) -> Layout:
    """Find what a file offers: its columns (or arrays), and what each of them seems to be.

    Args:
        source: As for `read_vectors`.
        choice: What was chosen so far.

    Raises:
        TableError: If the file gives no vectors; the message says why.
    """
    return open_table(source, choice or Choice()).layout


def read_table(source: Source, choice: Choice) -> Vectors:
    """Read what was chosen of a file. As `read_vectors`."""
    return open_table(source, choice).vectors(choice)


def open_table(source: Source, choice: Choice) -> OpenTable:
    """Read a file, and guess what each of its columns is meant to be.

    Args:
        source: As for `read_vectors`.
        choice: What was chosen so far: `has_header`, and the array that holds the features.

    Raises:
        TableError: If the file gives no vectors; the message says why.
    """
    name = source[0] if isinstance(source, tuple) else Path(source).name
    with _named(clean_name(name)), without_collecting():
        raw = _raw(source, name, choice)
        check_rows(raw.n_rows)
        columns = guess_roles(raw, main=choice.array)
    layout = Layout(columns, raw.arrays, raw.has_header)
    is_open = layout.main is not None and is_doubtful(raw)
    return OpenTable(clean_name(name), dataclasses.replace(layout, is_doubtful=is_open), raw)


def _raw(source: Source, name: str, choice: Choice) -> RawTable:
    if not isinstance(source, tuple) and parts.is_parts(Path(source)):
        return parts.open_table(Path(source), choice)
    kind = TABLE_FILES.get(_extension(name))
    if kind is None:
        raise TableError(f"is not a table of numbers: those are {', '.join(f'.{each}' for each in TABLE_FILES)} files")
    _check_size(source)
    return kind.open(lambda: _opened(source), choice)


def _check_size(source: Source) -> None:
    with _opened(source) as file:
        n_bytes = file.seek(0, os.SEEK_END)
    if n_bytes > MAX_FILE_BYTES:
        raise TableError(f"is too large: {too_large(n_bytes, MAX_FILE_BYTES)}")
    if not n_bytes:
        raise TableError("is empty")


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Begin what is said of a file with its name."""
    try:
        yield
    except TableError as error:
        raise TableError(f"{name} {error}.", n_good=error.n_good) from error


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    """Open a file at its start; one that came open stays so."""
    if isinstance(source, tuple):
        content = source[1]
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        file.seek(0)
        yield file
        return
    with _file(Path(source)) as file:
        yield file


def _file(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError:
        raise TableError("cannot be opened. Check its path") from None


def _extension(name: str) -> str:
    return PurePosixPath(clean_name(name)).suffix.lower().removeprefix(".")
