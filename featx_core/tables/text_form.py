"""How a table of text is written: its encoding, what stands between cells, its decimal sign, whether it has a header."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from featx_core.base.file_names import shown_text
from featx_core.tables.layout import TableError, is_known_word

SAMPLE_ROWS = 1_000
SAMPLE_CELLS = 50_000
_DELIMITERS = (",", ";", "\t", " ")
_SNIFFED_CHARACTERS = 64 * 1024
_SNIFFED_ROWS = 50
_CHUNK = 1024**2
_MISSING = frozenset({"", "na", "nan", "n/a", "#n/a", "null", "none", "-", "?"})
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class TextForm:
    """How a table of text is written.

    Attributes:
        encoding: Of the characters.
        delimiter: What stands between two cells.
        decimal_comma: Whether numbers are written 1,5.
        has_header: Whether the first row names the columns.
        columns: The name of each column, no two alike.
        numeric: Positions of the columns that hold numbers, or nothing but missing ones.
        sample: The first rows that have as many cells as there are columns.
    """

    encoding: str
    delimiter: str
    decimal_comma: bool
    has_header: bool
    columns: tuple[str, ...]
    numeric: tuple[int, ...]
    sample: tuple[tuple[str, ...], ...]


def find_form(file: IO[bytes], *, has_header: bool | None = None) -> TextForm:
    """Find out how a table of text is written.

    Args:
        file: The table; left anywhere.
        has_header: Whether the first row names the columns. None: guess.

    Raises:
        TableError: If it is not text, or empty.
    """
    encoding = _encoding(file)
    delimiter, comma = _sniffed(file, encoding)
    rows = [cells for _, cells in itertools.islice(read_rows(file, encoding, delimiter), SAMPLE_ROWS + 1)]
    if not rows:
        raise TableError("is empty")
    width = Counter(len(cells) for cells in (rows[1:] or rows)).most_common(1)[0][0]
    first = rows[0] if len(rows[0]) != width - 1 else ["name", *rows[0]]
    n_sample = max(SAMPLE_CELLS // width, 20)
    body = [cells for cells in rows[1:] if len(cells) == width][:n_sample]
    if has_header is None:
        has_header = _is_header(first, body, comma) or len(rows[0]) == width - 1
    sample = body if has_header or len(first) != width else [first, *body]
    names = [cell.strip() for cell in first] if has_header else []
    numeric = tuple(at for at in range(width) if _is_numeric([cells[at] for cells in sample], comma))
    return TextForm(
        encoding, delimiter, comma, has_header, _column_names(names, width), numeric, tuple(map(tuple, sample))
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
        reader = csv.reader(text, delimiter=delimiter, skipinitialspace=delimiter != " ")
        for number, cells in enumerate(reader, start=1):
            if any(cells) and (len(cells) > 1 or cells[0].strip()):
                yield number, cells
    except csv.Error:
        raise TableError(f"cannot be read after row {number}: that row has a cell without an end") from None
    finally:
        text.detach()


def as_number(cell: str, comma: bool) -> float | None:
    """Read one cell: NaN where it is missing, None where it is no number.

    >>> as_number("1,5", True), as_number("1_000", False), as_number("owl", False), as_number("", False)
    (1.5, None, None, nan)
    """
    text = cell.strip()
    if text.lower() in _MISSING:
        return float("nan")
    try:
        return None if "_" in text else float(text.replace(",", ".") if comma else text)
    except ValueError:
        return None


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


def _sniffed(file: IO[bytes], encoding: str) -> tuple[str, bool]:
    """Find what stands between cells, and whether numbers have a decimal comma: what makes most cells numbers."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        lines = text.read(_SNIFFED_CHARACTERS).splitlines(keepends=True)[:_SNIFFED_ROWS]
    finally:
        text.detach()
    found = max(_DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))
    cells = [cell for row in _parsed(lines, found) for cell in row]
    return found, found != "," and any("," in cell and as_number(cell, True) is not None for cell in cells)


def _fit(lines: Sequence[str], delimiter: str) -> tuple[float, float]:
    rows = _parsed(lines, delimiter)
    width, n_alike = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
    if width < 2:
        return 0.0, 0.0
    cells = [cell for row in rows for cell in row]
    share = sum(_is_given_number(cell, delimiter != ",") for cell in cells) / len(cells)
    return n_alike / len(rows) * (share + 0.01), width


def _parsed(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ") if any(row)]
    except csv.Error:
        return []


def _is_given_number(cell: str, comma: bool) -> bool:
    value = as_number(cell, comma)
    return value is not None and value == value


def _is_numeric(cells: Sequence[str], comma: bool) -> bool:
    """Whether at least half of the cells that are not missing are numbers; a column without any cell is not."""
    known = [cell for cell in cells if cell.strip().lower() not in _MISSING]
    return bool(known) and 2 * sum(as_number(cell, comma) is not None for cell in known) >= len(known)


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]], comma: bool) -> bool:
    """Whether the first row has text above numbers, or words that headers have; or numbers columns from 0 or 1."""
    numeric = [at for at in range(len(first)) if _is_numeric([row[at] for row in body if at < len(row)], comma)]
    if not body:
        return all(as_number(cell, comma) is None for cell in first)
    if any(as_number(first[at], comma) is None for at in numeric):
        return True
    others = [first[at].strip() for at in range(len(first)) if at not in numeric]
    if any(map(is_known_word, others)):
        return True
    rest = [cell.strip() for cell in first if cell.strip()]
    counts = [list(map(str, range(start, start + len(rest)))) for start in (0, 1)]
    has_fractions = any(not cell.strip().lstrip("-").isdecimal() for cell in body[0])
    return rest in counts and len(rest) > 1 and (len(rest) < len(first) or has_fractions)


def _column_names(names: Sequence[str], width: int) -> tuple[str, ...]:
    """Name all columns, each differently."""
    counts: Counter[str] = Counter()
    found = []
    for at in range(width):
        name = shown_text(names[at] if at < len(names) else "") or f"column {at + 1}"
        counts[name] += 1
        found.append(name if counts[name] == 1 else f"{name} #{counts[name]}")
    return tuple(found)
