"""Tables of text: CSV with commas, semicolons, tabs or spaces."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import IO, cast

import numpy as np

from featx_core.base.wording import counted, spaced
from featx_core.tables.assembly import assemble_vectors
from featx_core.tables.layout import MAX_CELLS, Choice, Layout, TableError, guess_columns
from featx_core.tables.rows import Vectors
from featx_core.tables.text_form import TextForm, as_number, find_form, read_rows

_SHOWN_CELL = 40  # characters


def look(file: IO[bytes], choice: Choice) -> Layout:
    """Find the columns of a table of text. Reads its first rows.

    Raises:
        TableError: If it is no such table.
    """
    return _layout(find_form(file, has_header=choice.has_header))


def _layout(form: TextForm) -> Layout:
    samples = {name: [row[at].strip() for row in form.sample] for at, name in enumerate(form.columns)}
    texts = [name for at, name in enumerate(form.columns) if at not in form.numeric and any(samples[name])]
    return Layout(form.columns, *guess_columns(form.columns, samples, texts), has_header=form.has_header)


def read(file: IO[bytes], choice: Choice) -> Vectors:
    """Read a table of text as vectors.

    Raises:
        TableError: If it is no such table, is too large, or has rows that cannot be read, the first of them named.
    """
    form = find_form(file, has_header=choice.has_header)
    layout = _layout(form)
    table = _Table(form, layout.named(choice), layout.labelled(choice))
    for number, cells in read_rows(file, form.encoding, form.delimiter):
        if not (form.has_header and not table.n_seen):
            table.take(number, cells)
        table.n_seen += 1
        table.n_cells += len(cells)
        if table.n_cells > MAX_CELLS:
            raise TableError(f"has more than {spaced(MAX_CELLS)} cells, the limit: save it as NPY or Parquet")
    return table.vectors(good_rows_only=choice.good_rows_only)


class _Table:
    """The rows of a table of text as they are read, and what is wrong with some."""

    def __init__(self, form: TextForm, name_column: str | None, label_column: str | None) -> None:
        self.n_seen = self.n_cells = 0
        self._form = form
        self._name_at, self._label_at = (
            None if column is None else form.columns.index(column) for column in (name_column, label_column)
        )
        self._at = [at for at in form.numeric if at not in (self._name_at, self._label_at)]
        if not self._at:
            raise TableError("has no column of numbers")
        self._numbers = array("d")
        self._names: list[str] = []
        self._labels: list[str] = []
        self._n_bad = 0
        self._first_bad = ""

    def take(self, number: int, cells: Sequence[str]) -> None:
        """Take one row, or note what is wrong with it."""
        form = self._form
        if len(cells) != len(form.columns):
            self._refuse(f"row {number} has {counted(len(cells), 'cell')}, the others have {len(form.columns)}")
            return
        picked = [cells[at] for at in self._at]
        found: Sequence[float | None] | None = _quick_numbers(picked, form.decimal_comma)
        if found is None:
            found = [as_number(cell, form.decimal_comma) for cell in picked]
        if None in found:
            wrong = found.index(None)
            cell, column = picked[wrong].strip()[:_SHOWN_CELL], form.columns[self._at[wrong]]
            self._refuse(f"row {number} has “{cell}” in column “{column}”, which is not a number")
            return
        self._numbers.extend(cast(Sequence[float], found))
        if self._name_at is not None:
            self._names.append(cells[self._name_at].strip())
        if self._label_at is not None:
            self._labels.append(cells[self._label_at].strip())

    def _refuse(self, what: str) -> None:
        self._n_bad += 1
        self._first_bad = self._first_bad or what

    def vectors(self, *, good_rows_only: bool) -> Vectors:
        """Give the rows that were taken."""
        n_good = len(self._numbers) // len(self._at)
        if self._n_bad and not (good_rows_only and n_good):
            share = f"{spaced(self._n_bad)} of {counted(n_good + self._n_bad, 'row')}"
            raise TableError(f"has rows that cannot be read, {share}: {self._first_bad}", n_good=n_good)
        notes = self._notes()
        values = np.frombuffer(self._numbers, np.float64).reshape(n_good, len(self._at))
        names = self._names if self._name_at is not None else None
        return assemble_vectors(values, names, self._labels if self._label_at is not None else None, notes)

    def _notes(self) -> list[str]:
        form = self._form
        taken = {*self._at, self._name_at, self._label_at}
        left = [name for at, name in enumerate(form.columns) if at not in taken and any(row[at] for row in form.sample)]
        notes = []
        if left:
            more = f" and {len(left) - 3} more" if len(left) > 3 else ""
            notes.append(f"{counted(len(left), 'column')} without numbers left out: {', '.join(left[:3])}{more}.")
        if self._n_bad:
            notes.append(f"{counted(self._n_bad, 'row')} that cannot be read left out: {self._first_bad}.")
        return notes


def _quick_numbers(cells: Sequence[str], comma: bool) -> list[float] | None:
    """Read cells that are all plain numbers; None for any others, which `as_number` reads one by one."""
    text = "\n".join(cells)
    if "_" in text:
        return None
    try:
        return list(map(float, (text.replace(",", ".") if comma else text).split("\n")))
    except ValueError:
        return None
