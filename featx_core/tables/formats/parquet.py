"""Parquet: columns with types, read after what the file declares of its size has been checked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from featx_core.base.files.file_names import shown_text
from featx_core.base.wording import too_large
from featx_core.tables.columns.column_words import vector_rank
from featx_core.tables.columns.vectors_in_cells import CellVectors, stack
from featx_core.tables.content import number_words
from featx_core.tables.formats import arrow_types
from featx_core.tables.formats.delimited import text_columns, vector_column
from featx_core.tables.layout import MAX_FILE_BYTES, Choice, TableError, check_rows
from featx_core.tables.raw import RawColumn, RawTable, unlike_names

if TYPE_CHECKING:
    import pyarrow

_NUMBER_BYTES = 4  # of a float32


def open_table(opened: Callable[[], Any], choice: Choice) -> RawTable:
    """Read the columns of a Parquet file. Structs are taken apart; the fields of `a` are called `a.b`.

    Raises:
        TableError: If it is none, is too large, or has no such column of vectors as is chosen.
    """
    with opened() as file:
        table, unread, index = _read(file)
    return columns_of(table, choice, unread=unread, index=index)


def columns_of(
    table: pyarrow.Table,
    choice: Choice,
    *,
    unread: Mapping[str, str] = MappingProxyType({}),
    index: Collection[str] = (),
    notes: tuple[str, ...] = (),
) -> RawTable:
    """Take the columns of an Arrow table.

    Args:
        table: Without structs.
        choice: What was chosen so far.
        unread: Further columns that the file has, with what they hold.
        index: The columns that are the index of a data frame.
        notes: What people should know of how it was read.

    Raises:
        TableError: If it has no such column of vectors as is chosen.
    """
    names = unlike_names([*(shown_text(name) for name in table.column_names), *(shown_text(name) for name in unread)])
    columns = [
        _column(name, table.column(at), is_index=table.column_names[at] in index)
        for at, name in enumerate(names[: table.num_columns])
    ]
    columns += [RawColumn(name, holds) for name, holds in zip(names[table.num_columns :], unread.values(), strict=True)]
    vectors = [column for column in columns if column.is_vector]
    arrays = tuple(column.name for column in sorted(vectors, key=lambda each: (vector_rank(each.name), -each.n_values)))
    if choice.array is not None and choice.array not in arrays:
        raise TableError(f"has no lists of numbers “{choice.array}”. It has: {', '.join(arrays[:12]) or 'none'}")
    return RawTable(tuple(columns), table.num_rows, arrays, notes=notes)


def _read(file: IO[bytes]) -> tuple[pyarrow.Table, dict[str, str], frozenset[str]]:
    """Read what can be used; with what the other columns hold, and which are the index of a data frame."""
    import pyarrow
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(file)
        paths, unread = arrow_types.wanted(schema)
        file.seek(0)
        found = parquet.ParquetFile(file, read_dictionary=arrow_types.texts(schema))
        _check(found.metadata, set(paths))
        table = found.read(columns=paths, use_threads=False)
        table.validate(full=True)  # a damaged page can lead beyond what there is
        while any(pyarrow.types.is_struct(field.type) for field in table.schema):
            table = table.flatten()
    except TableError:
        raise
    except pyarrow.ArrowNotImplementedError as error:
        raise TableError("is a Parquet file of a kind that cannot be read here: save it anew with pyarrow") from error
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise TableError("is not a Parquet file that can be read: it is damaged, or of another kind") from error
    return table, unread, _index_columns(schema)


def _check(metadata: Any, wanted: Collection[str]) -> None:
    """Refuse what is too large, by what the columns that are wanted declare: their bytes, and their numbers as float32."""
    check_rows(metadata.num_rows)
    n_bytes = n_numbers = 0
    for group in (metadata.row_group(number) for number in range(metadata.num_row_groups)):
        for chunk in (group.column(at) for at in range(group.num_columns)):
            if any(path in wanted for path in _starts(chunk.path_in_schema)):
                n_bytes += chunk.total_uncompressed_size
                n_numbers += chunk.num_values
    declared = max(n_bytes, n_numbers * _NUMBER_BYTES)
    if declared > MAX_FILE_BYTES:
        raise TableError(f"would unpack to {too_large(declared, MAX_FILE_BYTES)}")


def _starts(path: str) -> Iterator[str]:
    parts = path.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _index_columns(schema: pyarrow.Schema) -> frozenset[str]:
    """Name the columns that pandas says are its index."""
    with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
        return frozenset(name for name in schema.pandas_metadata["index_columns"] if isinstance(name, str))
    return frozenset()


def _column(name: str, column: pyarrow.ChunkedArray, *, is_index: bool) -> RawColumn:
    kind = arrow_types.kind_of(column.type)
    if column.null_count == len(column) and len(column):
        return RawColumn(name, "nothing")
    if kind == "vectors":
        found = _vectors(arrow_types.plain(column))
        return vector_column(name, found) if isinstance(found, CellVectors) else RawColumn(name, found)
    if kind == "text":
        (read,) = text_columns(_texts(column), [name], is_point_likely=True, index=frozenset({0} if is_index else ()))
        return read
    array = arrow_types.plain(column)
    if kind == "numbers":
        return RawColumn(name, kind, 1, partial(_numbers, array), partial(_words, array), is_index=is_index)
    return RawColumn(name, kind, load_words=partial(_words, array), is_index=is_index)


def _numbers(array: pyarrow.Array) -> np.ndarray:
    import pyarrow

    if pyarrow.types.is_boolean(array.type):
        array = array.cast(pyarrow.uint8())
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _words(array: pyarrow.Array) -> pyarrow.Array:
    import pyarrow
    from pyarrow import compute

    if pyarrow.types.is_boolean(array.type):
        return compute.if_else(array, "True", "False")
    return (
        number_words(array.to_numpy(zero_copy_only=False))
        if pyarrow.types.is_floating(array.type)
        else array.cast("string")
    )


def _texts(column: pyarrow.ChunkedArray) -> pyarrow.Array:
    """Return a column of text, once it is known that it fits into memory however often a text repeats."""
    import pyarrow
    from pyarrow import compute

    n_bytes = 0
    for chunk in column.chunks:
        if pyarrow.types.is_dictionary(chunk.type):
            n_bytes += compute.sum(compute.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
    if n_bytes > MAX_FILE_BYTES:
        raise TableError(f"would unpack to {too_large(n_bytes, MAX_FILE_BYTES)}")
    return arrow_types.plain(column).cast(pyarrow.string())


def _vectors(array: pyarrow.Array) -> CellVectors | str:
    import pyarrow

    flat, lengths = _unnested(array)
    is_single = pyarrow.types.is_float32(flat.type) or pyarrow.types.is_float16(flat.type)
    flat = flat.cast(pyarrow.float32() if is_single else pyarrow.float64(), safe=False)
    return stack(flat.to_numpy(zero_copy_only=False), lengths)


def _unnested(array: pyarrow.Array) -> tuple[pyarrow.Array, np.ndarray]:
    """Return all numbers of lists of any nesting, and how many of them each row has; 0 for none."""
    from pyarrow import compute

    lengths = compute.fill_null(compute.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = arrow_types.plain(compute.list_flatten(array))
    if arrow_types.kind_of(flat.type) != "vectors":
        return flat, lengths
    flat, inner = _unnested(flat)
    ends = np.concatenate([[0], np.cumsum(inner)])
    stops = np.cumsum(lengths)
    return flat, ends[stops] - ends[stops - lengths]
