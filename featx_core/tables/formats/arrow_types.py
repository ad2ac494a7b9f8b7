"""Which of the many types of columns in a Parquet file are numbers, vectors or text, and how to get at them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

USABLE = ("numbers", "vectors", "text", "dates or times")


def kind_of(kind: pyarrow.DataType) -> str:
    """Say what columns of a type hold: "numbers", "vectors" (lists of any nesting), "text", or what else in words."""
    import pyarrow
    from pyarrow import types

    if isinstance(kind, pyarrow.BaseExtensionType):  # tensors, for one; those of libraries that are not here come bare
        return kind_of(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return kind_of(kind.value_type)
    if _is_list(kind):
        inner = kind_of(kind.value_type)
        return "vectors" if inner in ("numbers", "vectors") else f"lists of {inner}"
    tests = {
        "numbers": (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal),
        "text": (types.is_string, types.is_large_string, types.is_string_view),
        "dates or times": (types.is_temporal,),
        "raw bytes": (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary),
        "maps": (types.is_map,),
        "structs": (types.is_struct,),
        "nothing": (types.is_null,),
    }
    return next((words for words, are in tests.items() if any(is_one(kind) for is_one in are)), "something else")


def wanted(schema: pyarrow.Schema) -> tuple[list[str], dict[str, str]]:
    """Choose the columns to read: their paths, and what the others hold, by path."""
    kinds = [(path, kind_of(kind)) for path, kind in _leaves(schema)]
    paths = [path for path, holds in kinds if holds in USABLE]
    return list(dict.fromkeys(paths)), {path: holds for path, holds in kinds if holds not in USABLE}


def texts(schema: pyarrow.Schema) -> list[str]:
    """List the columns of text; each different text is read once."""
    from pyarrow import types

    return [path for path, kind in _leaves(schema) if types.is_string(kind) or types.is_large_string(kind)]


def plain(column: pyarrow.Array | pyarrow.ChunkedArray) -> pyarrow.Array:
    """Put a column into one piece, without what wraps its values."""
    import pyarrow
    from pyarrow import compute, types

    array = column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
    if isinstance(array.type, pyarrow.BaseExtensionType):
        array = array.storage
    if types.is_dictionary(array.type):
        array = compute.dictionary_decode(array)
    if types.is_run_end_encoded(array.type):
        array = compute.run_end_decode(array)
    return array.cast(pyarrow.float64()) if types.is_decimal(array.type) else array


def _leaves(fields: Iterable[pyarrow.Field], start: str = "") -> Iterable[tuple[str, pyarrow.DataType]]:
    from pyarrow import types

    for field in fields:
        if types.is_struct(field.type):
            yield from _leaves((field.type.field(at) for at in range(field.type.num_fields)), f"{start}{field.name}.")
        else:
            yield start + field.name, field.type


def _is_list(kind: pyarrow.DataType) -> bool:
    from pyarrow import types

    return any(
        is_one(kind)
        for is_one in (
            types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view,
        )
    )  # fmt: skip
