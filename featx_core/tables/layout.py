"""What is in a file of numbers before it is read as vectors, and what the user chooses of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from featx_core.base.wording import spaced

MAX_FILE_BYTES = 256 * 1024**2  # rows 23 and 24 of docs/faults.md: as a file, unpacked, and as float32
MAX_CELLS = 5_000_000  # row 25: of a table of text
MAX_ROWS = 1_000_000  # each takes a name, a label and a digest in memory, however few its numbers: about 350 MB
MAX_COLUMNS = 200_000  # that can each have a role

Role = Literal["feature", "label", "name", "left out"]
ROLES: tuple[Role, ...] = get_args(Role)


class TableError(ValueError):
    """A file that gives no vectors, and why, in words that can follow its name.

    Attributes:
        n_good: How many rows would be left if only the good ones were kept; 0 when that is no way out.
    """

    def __init__(self, reason: str, *, n_good: int = 0) -> None:
        super().__init__(reason)
        self.n_good = n_good


@dataclass(frozen=True)
class Choice:
    """What to take of a file. None stands for the best guess, "" for none.

    Attributes:
        array: Which array (or column of vectors) holds the features, and no other.
        name_column: The column (or array) that names the rows.
        label_column: The column (or array) with their labels.
        has_header: Whether the first row of a table of text names its columns.
        good_rows_only: Whether rows that cannot be read are left out, rather than being a fault.
        roles: Pairs of a column (or array) and the role that it has, whatever the guess.
    """

    array: str | None = None
    name_column: str | None = None
    label_column: str | None = None
    has_header: bool | None = None
    good_rows_only: bool = False
    roles: tuple[tuple[str, Role], ...] = ()

    @property
    def stated(self) -> dict[str, Role]:
        """The role of every column that was given one, in whichever way."""
        given: Mapping[str | None, Role] = {self.array: "feature", self.name_column: "name", self.label_column: "label"}
        return {column: role for column, role in given.items() if column} | dict(self.roles)


@dataclass(frozen=True)
class Column:
    """What a column (or an array) was taken for.

    Attributes:
        name: What it is called, in this file alone.
        role: "feature", "label", "name" or "left out".
        holds: What is in it, in words: "numbers", "text", "512 numbers a row".
        why: Why it has a role that its content alone does not explain; "" otherwise.
        options: The roles that it can have.
    """

    name: str
    role: Role
    holds: str
    why: str = ""
    options: tuple[Role, ...] = ROLES

    @property
    def is_plain(self) -> bool:
        """Whether it is one feature among many, without anything to say about it."""
        return self.role == "feature" and not self.why


@dataclass(frozen=True)
class Layout:
    """What a file offers, and what each part of it is taken for.

    Attributes:
        columns: The columns (or arrays), as the file orders them.
        arrays: Those that can be the features alone, the likeliest first; empty for files that hold a single table.
        has_header: Whether the first row of a table of text names its columns; None for other files.
        is_doubtful: Whether the names of several arrays do not tell which of them holds the features.
    """

    columns: tuple[Column, ...]
    arrays: tuple[str, ...] = ()
    has_header: bool | None = None
    is_doubtful: bool = False

    @property
    def main(self) -> str | None:
        """The array that is taken for the features."""
        return next((each.name for each in self.columns if each.role == "feature" and each.name in self.arrays), None)

    @property
    def name_column(self) -> str | None:
        """The column that names the rows."""
        return next((column.name for column in self.columns if column.role == "name"), None)

    @property
    def label_column(self) -> str | None:
        """The first column with labels."""
        return next((column.name for column in self.columns if column.role == "label"), None)


def check_rows(n_rows: int) -> None:
    """Refuse more rows than there may be.

    Raises:
        TableError: If there are.
    """
    if n_rows > MAX_ROWS:
        raise TableError(f"has {spaced(n_rows)} rows; the limit is {spaced(MAX_ROWS)}: keep a part of them")
