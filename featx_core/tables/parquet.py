"""Parquet: columns with types, read after what the file declares of its size has been checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from featx_core.base.wording import counted, too_large
from featx_core.tables.assembly import assemble_vectors
from featx_core.tables.layout import MAX_FILE_BYTES, Choice, Layout, TableError, guess_columns
from featx_core.tables.rows import Vectors

if TYPE_CHECKING:
    import pyarrow

_SAMPLE = 1_000
_NUMBER_BYTES = 4  # of a float32


def look(file: IO[bytes], choice: Choice) -> Layout:
    """Find the columns of a Parquet file.

    Raises:
        TableError: If it is none, is too large, or has no column of numbers.
    """
    table = _read(file)
    words = [name for name in table.column_names if _is_word(table.schema.field(name).type)]
    texts = [name for name in words if not _is_number(table.schema.field(name).type)]
    samples = {name: _as_words(table.column(name).slice(0, _SAMPLE)) for name in words}
    return Layout(tuple(words), *guess_columns(words, samples, texts), arrays=_lists(table))


def read(file: IO[bytes], choice: Choice) -> Vectors:
    """Read a Parquet file as vectors: its columns of numbers, or one column that holds a list of numbers in each cell.

    Raises:
        TableError: If it is none, is too large, or has no column of numbers.
    """
    layout, table = look(file, choice), _read(file)
    named, labelled = layout.named(choice), layout.labelled(choice)
    if choice.array is not None and choice.array not in layout.arrays:
        raise TableError(f"has no lists of numbers “{choice.array}”. It has: {', '.join(layout.arrays) or 'none'}")
    array = choice.array or (layout.arrays[0] if layout.arrays else None)
    numeric = [n for n in table.column_names if n not in (named, labelled) and _is_number(table.schema.field(n).type)]
    if array is None and not numeric:
        raise TableError("has no column of numbers")
    values = _columns(table, numeric) if array is None else _expanded(table.column(array))
    used = {named, labelled, *(numeric if array is None else [array])}
    left = [name for name in table.column_names if name not in used]
    names, labels = (None if name is None else _as_words(table.column(name)) for name in (named, labelled))
    return assemble_vectors(values, names, labels, _notes(left))


def _read(file: IO[bytes]) -> pyarrow.Table:
    import pyarrow
    from pyarrow import parquet

    file.seek(0)
    try:
        found = parquet.ParquetFile(file)
        _check(found.metadata)
        names = [field.name for field in found.schema_arrow if _is_wanted(field.type)]
        return found.read(columns=list(dict.fromkeys(names)), use_threads=False)
    except TableError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise TableError("is not a Parquet file that can be read: it is damaged, or of another kind") from error


def _check(metadata: Any) -> None:
    """Refuse what is too large, by what it declares."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    declared = sum(group.total_byte_size for group in groups)
    n_bytes = max(declared, metadata.num_rows * metadata.num_columns * _NUMBER_BYTES)
    if n_bytes > MAX_FILE_BYTES:
        raise TableError(f"would unpack to {too_large(n_bytes, MAX_FILE_BYTES)}")


def _is_number(kind: pyarrow.DataType) -> bool:
    from pyarrow import types

    return types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)


def _is_word(kind: pyarrow.DataType) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_word(kind.value_type)
    return types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_boolean(kind)


def _is_list(kind: pyarrow.DataType) -> bool:
    from pyarrow import types

    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return is_list and _is_number(kind.value_type)


def _is_wanted(kind: pyarrow.DataType) -> bool:
    return _is_number(kind) or _is_word(kind) or _is_list(kind)


def _lists(table: pyarrow.Table) -> tuple[str, ...]:
    return tuple(name for name in table.column_names if _is_list(table.schema.field(name).type))


def _columns(table: pyarrow.Table, names: Sequence[str]) -> np.ndarray:
    values = np.empty((table.num_rows, len(names)), np.float32)
    for at, name in enumerate(names):
        with np.errstate(over="ignore"):
            values[:, at] = table.column(name).cast("float64", safe=False).to_numpy()
    return values


def _expanded(column: pyarrow.ChunkedArray) -> np.ndarray:
    """Make one column a value of a column of lists, which must be equally long."""
    from pyarrow import compute

    lengths = compute.list_value_length(column)
    if column.null_count or len(set(lengths.unique().to_pylist())) != 1:
        raise TableError("has lists of different lengths in one column: a table has as many values in each row")
    flat = compute.list_flatten(column)
    if len(flat) * _NUMBER_BYTES > MAX_FILE_BYTES:
        raise TableError(f"would unpack to {too_large(len(flat) * _NUMBER_BYTES, MAX_FILE_BYTES)}")
    return flat.cast("float64", safe=False).to_numpy().reshape(len(column), -1)


def _as_words(column: pyarrow.ChunkedArray) -> list[str]:
    return ["" if cell is None else str(cell) for cell in column.to_pylist()]


def _notes(left: Sequence[str]) -> list[str]:
    if not left:
        return []
    more = f" and {len(left) - 3} more" if len(left) > 3 else ""
    return [f"{counted(len(left), 'column')} left out: {', '.join(left[:3])}{more}."]
