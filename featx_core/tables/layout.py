"""What is in a file of numbers before it is read as vectors, and what the person chooses of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_FILE_BYTES = 256 * 1024**2  # rows 23 and 24 of docs/faults.md: as a file, unpacked, and as float32
MAX_CELLS = 5_000_000  # row 25: of a table of text
_NAME_WORDS = (
    "name", "names", "file", "files", "filename", "filenames", "file_name", "file_names", "image", "images", "image_name",
    "image_path", "path", "paths", "id", "ids", "image_id", "key", "keys", "row_name", "title", "index",
)  # fmt: skip
_LABEL_WORDS = (
    "label", "labels", "class", "classes", "class_name", "category", "categories", "target", "targets", "species", "y",
    "group", "kind",
)  # fmt: skip
_SPACES = re.compile(r"[\s.-]+")


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
        array: Which array, in a file that holds several.
        name_column: The column (or array) that names the rows.
        label_column: The column (or array) with their labels.
        has_header: Whether the first row of a table of text names its columns.
        good_rows_only: Whether rows that cannot be read are left out, rather than being a fault.
    """

    array: str | None = None
    name_column: str | None = None
    label_column: str | None = None
    has_header: bool | None = None
    good_rows_only: bool = False


@dataclass(frozen=True)
class Layout:
    """What a file offers, and the best guess of what is meant.

    Attributes:
        columns: The columns (or arrays) that can name or label the rows.
        name_column: The guess; None for none.
        label_column: The guess; None for none.
        arrays: The arrays of numbers, the likeliest first; empty for files that hold a single table.
        has_header: The guess for a table of text; None for other files.
    """

    columns: tuple[str, ...]
    name_column: str | None = None
    label_column: str | None = None
    arrays: tuple[str, ...] = ()
    has_header: bool | None = None

    def named(self, choice: Choice) -> str | None:
        """Give the column that names the rows.

        Raises:
            TableError: If there is no such column.
        """
        return self._chosen(choice.name_column, self.name_column)

    def labelled(self, choice: Choice) -> str | None:
        """Give the column with the labels.

        Raises:
            TableError: If there is no such column.
        """
        found = self._chosen(choice.label_column, self.label_column)
        return None if choice.label_column is None and found == self.named(choice) else found

    def _chosen(self, asked: str | None, guess: str | None) -> str | None:
        if asked is None:
            return guess
        if asked and asked not in self.columns:
            raise TableError(f"has no column “{asked}”. It has: {', '.join(self.columns[:12]) or 'none to choose'}")
        return asked or None


def guess_columns(
    columns: Sequence[str], samples: Mapping[str, Sequence[str]], texts: Sequence[str]
) -> tuple[str | None, str | None]:
    """Guess which columns name and label the rows: by what they are called, else by what is in them.

    Args:
        columns: Those that can.
        samples: The first cells of each, as text.
        texts: Those of them that hold text.

    Returns:
        The column of names and that of labels, or None.

    >>> guess_columns(["File name", "class", "note"], {"class": ["owl", "owl"]}, ["File name", "class", "note"])
    ('File name', 'class')
    """
    words = {column: _SPACES.sub("_", column.strip().lower()) for column in columns}
    label = next((column for column in columns if _means_label(column, words, samples, texts)), None)
    name = next((c for word in _NAME_WORDS for c in columns if words[c] == word and c != label), None)
    rest = [column for column in texts if column not in (name, label)]
    if name is None:
        name = next((column for column in rest if _all_differ(samples.get(column, ()))), None)
    if label is None:
        label = next((column for column in rest if column != name and _repeats(samples.get(column, ()))), None)
    return name, label


def is_known_word(cell: str) -> bool:
    """Tell whether a cell is what headers call names and labels."""
    return _SPACES.sub("_", cell.strip().lower()) in (*_NAME_WORDS, *_LABEL_WORDS)


def _means_label(
    column: str, words: Mapping[str, str], samples: Mapping[str, Sequence[str]], texts: Sequence[str]
) -> bool:
    if words[column] not in _LABEL_WORDS or (words[column] == "y" and "x" in words.values()):
        return False
    return column in texts or all(_is_whole(cell) for cell in samples.get(column, ()))


def _is_whole(cell: str) -> bool:
    return not cell or cell.strip().lstrip("-").isdecimal()


def _all_differ(cells: Sequence[str]) -> bool:
    return len(set(cells)) == len(cells) > 0


def _repeats(cells: Sequence[str]) -> bool:
    return 0 < len(set(cells)) <= max(len(cells) // 2, 1)
