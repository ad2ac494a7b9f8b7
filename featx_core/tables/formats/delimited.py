"""Tables of text: CSV with commas, semicolons, tabs or spaces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from featx_core.base.files.file_names import shown_text
from featx_core.base.wording import counted
from featx_core.tables.columns.numerals import Numerals, gaps_as_null, read_numerals
from featx_core.tables.columns.vectors_in_cells import CellVectors, read_vector_texts
from featx_core.tables.content import is_whole, whole_words
from featx_core.tables.formats.text_form import TextForm, find_form, read_rows
from featx_core.tables.layout import Choice
from featx_core.tables.raw import RawColumn, RawTable

if TYPE_CHECKING:
    import pyarrow

_CELLS_AT_A_TIME = 100_000
_SHOWN_CELL = 40  # characters


def open_table(opened: Callable[[], Any], choice: Choice) -> RawTable:
    """Read a table of text.

    Args:
        opened: Opens the file, as a context.
        choice: What is known of it: `has_header`.

    Raises:
        TableError: If it is no such table, or is too large.
    """
    with opened() as file:
        form = find_form(file, has_header=choice.has_header)
        cut = _Cut(file, form)
    columns = text_columns(cut.cells, form.columns, is_point_likely=form.delimiter == ",", index=form.nameless)
    return RawTable(columns, len(cut.numbers), (), form.has_header, cut.numbers, tuple(cut.lost))


def text_columns(
    cells: pyarrow.Array, names: Sequence[str], *, is_point_likely: bool, index: frozenset[int] = frozenset()
) -> tuple[RawColumn, ...]:
    """Find out what columns of text hold, and read those of numbers and vectors.

    Args:
        cells: Column after column.
        names: Of the columns.
        is_point_likely: Whether numbers have a decimal point where nothing tells.
        index: Positions of columns that are the index of a data frame.
    """
    n_rows = len(cells) // max(len(names), 1)
    found = read_numerals(cells, n_rows, is_point_likely=is_point_likely) if n_rows else {}
    return tuple(
        _column(name, cells.slice(at * n_rows, n_rows), found.get(at), is_index=at in index)
        for at, name in enumerate(names)
    )


class _Cut:
    """The rows of a table of text, cut into cells.

    Attributes:
        cells: Those of the rows with as many as there are columns, column after column.
        numbers: The number of each such row in the file.
        lost: The other rows: their number, and what is wrong.
    """

    def __init__(self, file: IO[bytes], form: TextForm) -> None:
        self.numbers: list[int] = []
        self.lost: list[tuple[int, str]] = []
        self._width = len(form.columns)
        self._parts: list[pyarrow.Array] = []
        self._open: list[str] = []
        rows = read_rows(file, form.encoding, form.delimiter)
        if form.has_header:
            next(rows, None)
        for number, cells in rows:
            self._take(number, cells)
        self._close()
        self.cells = self._by_column()

    def _take(self, number: int, cells: list[str]) -> None:
        if len(cells) != self._width:
            self.lost.append((number, f"has {counted(len(cells), 'cell')}, the others have {self._width}"))
            return
        self.numbers.append(number)
        self._open += cells
        if len(self._open) > _CELLS_AT_A_TIME:
            self._close()

    def _close(self) -> None:
        import pyarrow

        self._parts.append(pyarrow.array(self._open, pyarrow.string()))
        self._open = []

    def _by_column(self) -> pyarrow.Array:
        import pyarrow

        order = np.arange(len(self.numbers) * self._width, dtype=np.int32).reshape(-1, self._width)
        return pyarrow.concat_arrays(self._parts).take(pyarrow.array(order.T.ravel()))


def _column(name: str, cells: pyarrow.Array, numerals: Numerals | None, *, is_index: bool) -> RawColumn:
    if numerals is not None:
        return _number_column(name, cells, numerals, is_index=is_index)
    if not len(cells):
        return RawColumn(name, "nothing", is_index=is_index)
    known = gaps_as_null(cells)
    if known.null_count == len(known):
        return RawColumn(name, "nothing", is_index=is_index)
    vectors = read_vector_texts(known)
    if isinstance(vectors, CellVectors):
        return vector_column(name, vectors)
    return RawColumn(name, vectors or "text", load_words=partial(_trimmed, cells), is_index=is_index)


def _number_column(name: str, cells: pyarrow.Array, numerals: Numerals, *, is_index: bool) -> RawColumn:
    if math.isnan(numerals.values[0]) and np.isnan(numerals.values).all() and not len(numerals.unread):
        return RawColumn(name, "nothing", is_index=is_index)
    return RawColumn(
        name,
        "numbers",
        1,
        load_numbers=lambda: numerals.values,
        load_words=partial(_number_words, cells, numerals),
        is_index=is_index,
        unread=numerals.unread,
        fault=lambda row: f"has “{_shown(cells[row].as_py())}” in column “{name}”, which is not a number",
        remark=numerals.remark,
    )


def vector_column(name: str, vectors: CellVectors) -> RawColumn:
    """Return a column of vectors."""
    n_values = vectors.values.shape[1]
    return RawColumn(
        name,
        f"{counted(n_values, 'number')} a row",
        n_values,
        load_numbers=lambda: vectors.values,
        is_vector=True,
        unread=vectors.unread,
        fault=lambda row: f"{vectors.fault(row)} in column “{name}”",
    )


def _number_words(cells: pyarrow.Array, numerals: Numerals) -> pyarrow.Array:
    """Return the cells of a column of numbers as they are written, but whole numbers without a decimal point."""
    from pyarrow import compute

    has_points = compute.any(compute.match_substring_regex(cells, r"[.,]|\d[eE]")).as_py()
    if has_points and not len(numerals.unread) and is_whole(numerals.values):
        return whole_words(numerals.values)
    return gaps_as_null(cells)


def _trimmed(cells: pyarrow.Array) -> pyarrow.Array:
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(cells)
    return compute.if_else(compute.equal(trimmed, ""), None, trimmed)


def _shown(cell: str) -> str:
    return shown_text(cell, _SHOWN_CELL)
