"""How a table of text is written: its encoding, what stands between cells, whether its first row names the columns.

Python's `csv` cuts the rows; what follows is what no library tells reliably. `docs/decisions/tables.md` says why.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from featx_core.base.files.file_names import shown_text
from featx_core.base.wording import spaced
from featx_core.tables.columns.column_words import is_known_word
from featx_core.tables.columns.numerals import is_missing, looks_like_number
from featx_core.tables.columns.vectors_in_cells import looks_like_vector
from featx_core.tables.layout import MAX_CELLS, MAX_COLUMNS, TableError
from featx_core.tables.raw import unlike_names

MAX_CELL = 16 * 1024**2  # characters
SAMPLE_ROWS = 1_000
SAMPLE_CELLS = 50_000
_DELIMITERS = (",", ";", "\t", " ")
_SNIFFED_BYTES = 8 * 1024**2
_SNIFFED_ROWS = 50
_SNIFFED_CELLS = 200  # of a row
_UNLIKELY = 0.01
_CHUNK = 1024**2
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_END = "\x00end"  # a row of our own after the last, which an open quotation mark would swallow

csv.field_size_limit(MAX_CELL)  # of this process; Python's 128 kB are less than a long vector in one cell


@dataclass(frozen=True)
class TextForm:
    """How a table of text is written.

    Attributes:
        encoding: Of the characters.
        delimiter: What stands between two cells.
        has_header: Whether the first row names the columns.
        columns: The name of each column, no two alike.
        nameless: Positions of the first columns that have no name, where others have one.
    """

    encoding: str
    delimiter: str
    has_header: bool
    columns: tuple[str, ...]
    nameless: frozenset[int] = frozenset()


def find_form(file: IO[bytes], *, has_header: bool | None = None) -> TextForm:
    """Find out how a table of text is written.

    Args:
        file: The table; left anywhere.
        has_header: Whether the first row names the columns. None: guess.

    Raises:
        TableError: If it is not text, is empty, or is too large.
    """
    encoding = _encoding(file)
    delimiter = _sniffed(file, encoding)
    _check_size(file, encoding, delimiter)
    rows = _sample(read_rows(file, encoding, delimiter))
    if not rows:
        raise TableError("is empty")
    width = Counter(len(cells) for cells in (rows[1:] or rows)).most_common(1)[0][0]
    if width > MAX_COLUMNS:
        raise TableError(f"has {spaced(width)} columns; the limit is {spaced(MAX_COLUMNS)}: save it as NPY or Parquet")
    is_short = len(rows[0]) == width - 1
    first = ["", *rows[0]] if is_short else rows[0]
    body = [cells for cells in rows[1:] if len(cells) == width]
    if has_header is None:
        has_header = is_short or _is_header(first, body)
    names = [shown_text(cell) for cell in first[:width]] if has_header else []
    names += [""] * (width - len(names))
    return TextForm(
        encoding, delimiter, has_header, unlike_names(names), _nameless(names) if has_header else frozenset()
    )


def read_rows(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows that hold anything, each with its number in the file, from 1.

    Raises:
        TableError: If a row cannot be read at all.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    number = 0
    try:
        lines = itertools.chain(text, [_END])
        for number, cells in enumerate(
            csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " "), start=1
        ):
            if cells and cells[-1].endswith(_END):
                if cells != [_END]:
                    raise _without_end(number - 1)
            elif any(cells) and (len(cells) > 1 or cells[0].strip()):
                yield number, cells
    except csv.Error:
        raise _without_end(number) from None
    finally:
        text.detach()


def _sample(rows: Iterable[tuple[int, list[str]]]) -> list[list[str]]:
    """Take the first rows: four, and more while they are not too many cells."""
    found: list[list[str]] = []
    n_cells = 0
    for _, cells in rows:
        found.append(cells)
        n_cells += len(cells)
        if len(found) > SAMPLE_ROWS or (len(found) > 3 and n_cells > SAMPLE_CELLS):
            break
    return found


def _without_end(number: int) -> TableError:
    return TableError(f"cannot be read from row {number + 1} on: that row has a cell without an end")


def _encoding(file: IO[bytes]) -> str:
    """Tell the encoding by the mark at the start, else UTF-8 where all of it is, else that of Windows."""
    file.seek(0)
    head = file.read(4096)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise TableError("is not a table of text: save it as CSV in UTF-8")
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _check_size(file: IO[bytes], encoding: str, delimiter: str) -> None:
    """Refuse too many cells by what stands between them, before any row is cut."""
    marks = tuple(mark.encode("utf-16-le" if encoding == "utf-16" else "utf-8") for mark in (delimiter, "\n"))
    n_marks = 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        n_marks += sum(chunk.count(mark) for mark in marks)
    if n_marks > MAX_CELLS:
        raise TableError(f"has more than {spaced(MAX_CELLS)} cells, the limit: save it as NPY or Parquet")


def _sniffed(file: IO[bytes], encoding: str) -> str:
    """Find what stands between cells: what cuts most rows alike, and into most numbers."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        lines: list[str] = []
        n_left = _SNIFFED_BYTES
        while n_left > 0 and len(lines) < _SNIFFED_ROWS and (line := text.readline(n_left)):
            lines.append(line)
            n_left -= len(line)
    finally:
        text.detach()
    return max(_DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))


def _fit(lines: Sequence[str], delimiter: str) -> tuple[float, float]:
    rows = _parsed(lines, delimiter) if any(delimiter in line for line in lines) else []
    width, n_alike = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
    if width < 2:
        return 0.0, 0.0
    cells = [cell for row in rows for cell in row[:_SNIFFED_CELLS]]
    share = sum(looks_like_number(cell) or looks_like_vector(cell) for cell in cells) / len(cells)
    penalty = 1.0
    if any(sum(map(cell.count, "[({")) != sum(map(cell.count, "])}")) for cell in cells):
        penalty *= _UNLIKELY  # it cuts vectors
    if len(rows[0]) not in (width, width - 1) or any("\t" in cell for cell in cells):
        penalty *= _UNLIKELY  # it stands between numbers of one cell
    return n_alike / len(rows) * (share + 0.01) * penalty, width


def _parsed(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ") if any(row)]
    except csv.Error:
        return []


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has text above numbers, has words that headers have, or numbers the columns."""
    if not body:
        return not any(looks_like_number(cell) for cell in first)
    numeric = [at for at in range(len(first)) if _holds([row[at] for row in body if at < len(row)])]
    if any(not (_is_value(first[at]) or is_missing(first[at])) for at in numeric):
        return True
    others = set(range(len(first))).difference(numeric)
    return any(is_known_word(first[at]) for at in others) or _numbers_columns(first, numeric, body)


def _holds(cells: Sequence[str]) -> bool:
    """Whether at least half of the cells that are not missing are numbers or vectors, and some are there."""
    if cells and all(map(_is_plain_number, cells)):
        return True
    given = [cell for cell in cells if not is_missing(cell)]
    return bool(given) and 2 * sum(map(_is_value, given)) >= len(given)


def _is_plain_number(cell: str) -> bool:
    """Return whether a cell is a number without anything that people add: those that are not may be numbers as well."""
    try:
        value = float(cell)
    except ValueError:
        return False
    return value == value and "_" not in cell


def _is_value(cell: str) -> bool:
    return looks_like_number(cell) or looks_like_vector(cell) or cell.strip().lower() in ("true", "false")


def _numbers_columns(first: Sequence[str], numeric: Sequence[int], body: Sequence[Sequence[str]]) -> bool:
    """Whether a first row counts the columns (0, 1, 2), or its numbers go up (400, 410, 420), as no other row does."""
    cells = [first[at].strip() for at in numeric if first[at].strip()]
    rows = [[row[at] for at in numeric] for row in body]
    is_counted = cells in (list(map(str, range(start, start + len(cells)))) for start in (0, 1))
    has_fractions = any(not cell.strip().lstrip("-").isdecimal() for cell in rows[0])
    if is_counted and len(cells) > 1 and (len(cells) < len(numeric) or has_fractions):
        return True
    enough = len(rows) > 2 and len(cells) > (2 if is_counted else 3)
    if enough and _goes_up(cells, by_one=True):
        return not any(_goes_up(row, by_one=True) for row in rows)
    return len(cells) > 7 and _goes_up(cells) and not any(map(_goes_up, rows))


def _goes_up(cells: Sequence[str], *, by_one: bool = False) -> bool:
    try:
        steps = np.diff(np.array(cells, float))
    except ValueError:
        return False
    return bool((steps == 1).all() if by_one else (steps > 0).all())


def _nameless(names: Sequence[str]) -> frozenset[int]:
    """Find the columns without a name before the first that has one."""
    return frozenset(itertools.takewhile(lambda at: not names[at], range(len(names)))) if any(names) else frozenset()
