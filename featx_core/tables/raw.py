"""What readers of every kind of file give: columns as the file holds them, before anything is taken of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from featx_core.tables.layout import ROLES, Role

if TYPE_CHECKING:
    import pyarrow

Numbers = Callable[[], np.ndarray]
Words = Callable[[], "pyarrow.Array"]


def _none() -> np.ndarray:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column (or array) of a file. Its cells are fetched when they are asked for.

    Attributes:
        name: What it is called, in this file alone.
        holds: What is in it, in words.
        n_values: How many numbers a row; 0 when it holds none.
        load_numbers: Gives them: `(n_rows,)`, or `(n_rows, n_values)` for vectors; NaN where one is missing.
        load_words: Gives its cells as text, null where one is missing; None when they cannot be text.
        is_vector: Whether it has vectors, if of a single number.
        is_index: Whether it is the index of a data frame, or has no name before others that do.
        unread: The rows whose cell cannot be read.
        fault: Says what is wrong with one of them, in words that can follow "row 3".
        remark: What to know of how it was read, in words that can follow "was read".
    """

    name: str
    holds: str
    n_values: int = 0
    load_numbers: Numbers | None = field(default=None, repr=False)
    load_words: Words | None = field(default=None, repr=False)
    is_vector: bool = False
    is_index: bool = False
    unread: np.ndarray = field(default_factory=_none, repr=False)
    fault: Callable[[int], str] = field(default=str, repr=False)
    remark: str = ""

    @property
    def has_numbers(self) -> bool:
        """Whether it can be features."""
        return self.load_numbers is not None

    @property
    def is_single(self) -> bool:
        """Whether it has one number per row."""
        return self.has_numbers and not self.is_vector

    @property
    def is_text(self) -> bool:
        """Whether it holds text and no numbers."""
        return self.load_words is not None and not self.has_numbers

    @property
    def options(self) -> tuple[Role, ...]:
        """The roles that it can have."""
        if self.is_vector:
            return ("feature", "label", "left out")
        if self.load_words is None:
            return ("left out",)
        return ROLES if self.has_numbers else ("label", "name", "left out")

    @cached_property
    def numbers(self) -> np.ndarray:
        """Its numbers."""
        if self.load_numbers is None:
            raise ValueError(f"{self.name!r} holds no numbers.")
        return self.load_numbers()

    @cached_property
    def words(self) -> pyarrow.Array:
        """Its cells as text."""
        if self.load_words is None:
            raise ValueError(f"The cells of {self.name!r} cannot be text.")
        return self.load_words()


@dataclass(frozen=True, eq=False)
class RawTable:
    """The columns of a file, equally long.

    Attributes:
        columns: As the file orders them.
        n_rows: How many rows they have.
        arrays: The columns that can be the features alone, the likeliest first, in a file that holds several.
        has_header: Whether the first row named the columns; None for files where that is no question.
        row_numbers: The number of each row in the file, from 1; None when rows are not numbered there.
        lost_rows: Rows that could not be cut into cells: their number, and what is wrong.
        noun: What a column of it is called.
        matrix: All columns side by side, where they are the columns of one array.
        notes: What people should know of how it was read, in plain sentences.
    """

    columns: tuple[RawColumn, ...]
    n_rows: int
    arrays: tuple[str, ...] = ()
    has_header: bool | None = None
    row_numbers: Sequence[int] | None = None
    lost_rows: tuple[tuple[int, str], ...] = ()
    noun: str = "column"
    matrix: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def row_number(self, row: int) -> int:
        """Return the number in the file of a row."""
        return row + 1 if self.row_numbers is None else self.row_numbers[row]


def unlike_names(names: Sequence[str]) -> tuple[str, ...]:
    """Tell columns of one name apart, and name those without.

    >>> unlike_names(["a", "", "a", "column 2"]), unlike_names(["a", "a", "a #2"])
    (('a', 'column 2', 'a #2', 'column 2 #2'), ('a', 'a #2', 'a #2 #2'))
    """
    counts: dict[str, int] = {}
    found: dict[str, None] = {}
    for at, given in enumerate(names, start=1):
        name = unlike = given or f"column {at}"
        while unlike in found:
            counts[name] = counts.get(name, 1) + 1
            unlike = f"{name} #{counts[name]}"
        found[unlike] = None
    return tuple(found)
