"""Numbers that are written as text: decimal points and commas, thousands set apart, percent signs, gaps.

Columns are read as one long array of text, column after column, so that twenty thousand of them take no longer than four.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow

PERCENT = "as percentages"
GROUPED = "with thousands separators"
MISSING = ("", "na", "nan", "n/a", "#n/a", "null", "none", "-", "?")
_SPACES = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_MINUS = "\u2212"
_GROUPS = f"(?:[{_SPACES}]\\d{{3}})+|(?:[{_APOSTROPHES}]\\d{{3}})+"
_INFINITE = "(?i:inf|infinity)"
_START = rf"^[+\-{_MINUS}]?"
_POINT = rf"{_START}(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[1-9]\d{{0,2}}(?:(?:,\d{{3}})+|{_GROUPS})(?:\.\d*)?|{_INFINITE})$"
_COMMA = (
    rf"{_START}(?:(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?|[1-9]\d{{0,2}}(?:(?:\.\d{{3}})+|{_GROUPS})(?:,\d*)?|{_INFINITE})$"
)
_DOTTED_THOUSANDS = rf"{_START}[1-9]\d{{0,2}}(?:\.\d{{3}})+$"
_NUMBER = re.compile(f"{_POINT}|{_COMMA}")
_PERCENT = re.compile(rf"[{_SPACES}]*%$")
_TRUTHS = {"true": 1.0, "false": 0.0}
_AT_A_TIME = 64  # columns
_HEAD = 20  # cells that a column is judged by before all of it is read
_EVIDENCE_COLUMNS, _EVIDENCE_ROWS, _EVIDENCE_CELLS = 50, 1_000, 100_000


def _none() -> np.ndarray:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Numerals:
    """A column of text, read as numbers.

    Attributes:
        values: float64, NaN where a cell is missing or cannot be read.
        unread: The rows whose cell is neither a number nor missing.
        remark: What to know of how they were read: `PERCENT`, `GROUPED` or "".
    """

    values: np.ndarray
    unread: np.ndarray = field(default_factory=_none)
    remark: str = ""


def looks_like_number(cell: str) -> bool:
    """Return whether a cell is a number, in any of the ways people write them.

    >>> [looks_like_number(cell) for cell in ("1,5", "1.000,5", "12 %", "1 000", "1_000", "1,5,2", "owl", "")]
    [True, True, True, True, False, False, False, False]
    """
    try:
        return not math.isnan(float(cell)) and "_" not in cell
    except ValueError:
        pass
    return _NUMBER.match(_PERCENT.sub("", cell.strip())) is not None


def is_missing(cell: str) -> bool:
    """Return whether a cell says that there is no value.

    >>> is_missing(" N/A"), is_missing("0")
    (True, False)
    """
    return cell.strip().lower() in MISSING


def read_numerals(cells: pyarrow.Array, n_rows: int, *, is_point_likely: bool) -> dict[int, Numerals]:
    """Find the columns of numbers in a table of text, and read them.

    A column counts when at least half of its cells that are not missing are numbers. Whether "1,234" is 1.234 or 1234, and
    "1.234" the other way round, is decided by what the other cells of the file leave no doubt of.

    Args:
        cells: Column after column, each of `n_rows` cells.
        n_rows: At least 1.
        is_point_likely: Whether numbers have a decimal point where nothing tells.

    Returns:
        Position of a column to its numbers.
    """
    return _Reader(cells, n_rows, is_point_likely=is_point_likely).read()


def gaps_as_null(cells: pyarrow.Array) -> pyarrow.Array:
    """Trim cells, and make those null that say that there is no value."""
    import pyarrow
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(cells)
    is_gap = compute.is_in(compute.ascii_lower(trimmed), value_set=pyarrow.array(MISSING, trimmed.type))
    return compute.if_else(is_gap, None, trimmed)


class _Reader:
    """Tries the quick ways for all columns, and careful ones for those that are left."""

    def __init__(self, cells: pyarrow.Array, n_rows: int, *, is_point_likely: bool) -> None:
        self.cells, self.n_rows, self.is_point_likely = cells, n_rows, is_point_likely
        self.found: dict[int, Numerals] = {}

    def read(self) -> dict[int, Numerals]:
        n_columns = len(self.cells) // self.n_rows
        rest = self._take_plain(self.cells, range(n_columns))
        if rest:
            cells = gaps_as_null(self._gathered(self.cells, rest))
            heads = [head_of(cells, place, self.n_rows) for place in range(len(rest))]
            self._take_truths(cells, rest, heads)
            places = [place for place, head in enumerate(heads) if not head or any(map(looks_like_number, head))]
            self._read_with_care(self._gathered(cells, places), [rest[place] for place in places])
        return self.found

    def _take_plain(self, cells: pyarrow.Array, columns: Sequence[int]) -> list[int]:
        """Take the columns whose cells are all plain numbers or missing; give the others."""
        plain = _cast(cells, len(columns), self.n_rows)
        self.found |= {columns[place]: Numerals(values) for place, values in plain.items()}
        return [at for place, at in enumerate(columns) if place not in plain]

    def _read_with_care(self, cells: pyarrow.Array, columns: Sequence[int]) -> None:
        rest = self._take_plain(cells, columns)
        if not rest:
            return
        plain = list(self.found)
        cells = self._gathered(cells, [place for place, at in enumerate(columns) if at not in self.found])
        has_commas = self._has_decimal_commas(cells, len(rest))
        if has_commas:
            cells, rest = self._take_commas(cells, rest)
            self._read_thousands_anew(plain)
        if rest:
            self._read_styles(cells, rest, has_commas=has_commas)

    def _take_commas(self, cells: pyarrow.Array, columns: Sequence[int]) -> tuple[pyarrow.Array, list[int]]:
        """Take the columns that have decimal commas and nothing else that is unusual; give the others."""
        from pyarrow import compute

        has_point = self._by_column(compute.match_substring(cells, ".")).any(axis=1)
        simple = np.flatnonzero(~has_point).tolist()
        with_points = compute.replace_substring(self._gathered(cells, simple), ",", ".")
        self._take_plain(with_points, [columns[place] for place in simple])
        left = [place for place, at in enumerate(columns) if at not in self.found]
        return self._gathered(cells, left), [columns[place] for place in left]

    def _take_truths(self, cells: pyarrow.Array, columns: Sequence[int], heads: Sequence[Sequence[str]]) -> None:
        for place, head in enumerate(heads):
            if head and all(cell.lower() in _TRUTHS for cell in head):
                own = cells.slice(place * self.n_rows, self.n_rows).to_pylist()
                values = [np.nan if cell is None else _TRUTHS.get(cell.lower()) for cell in own]
                if None not in values:
                    self.found[columns[place]] = Numerals(np.array(values, float))

    def _read_styles(self, cells: pyarrow.Array, columns: Sequence[int], *, has_commas: bool) -> None:
        """Read columns in which some cells are no plain numbers."""
        from pyarrow import compute

        has_percent: np.ndarray = np.any(self._by_column(compute.match_substring(cells, "%")), axis=1)
        bare = compute.replace_substring_regex(cells, rf"[{_SPACES}]*%$", "") if has_percent.any() else cells
        is_known = self._by_column(compute.is_valid(cells))
        fits = [self._by_column(compute.match_substring_regex(bare, pattern)) for pattern in (_POINT, _COMMA)]
        for place, at in enumerate(columns):
            n_fitting = [int(fit[place].sum()) for fit in fits]
            with_comma = n_fitting[1] > n_fitting[0] or (n_fitting[1] == n_fitting[0] and has_commas)
            fit = fits[with_comma][place]
            if 2 * fit.sum() >= is_known[place].sum():
                values, is_grouped = _converted(bare.slice(place * self.n_rows, self.n_rows), fit, with_comma)
                remark = PERCENT if has_percent[place] else GROUPED if is_grouped else ""
                self.found[at] = Numerals(values, np.flatnonzero(is_known[place] & ~fit), remark)

    def _has_decimal_commas(self, cells: pyarrow.Array, n_columns: int) -> bool:
        """Decide by those of the first cells that can be read in one way alone."""
        import pyarrow
        from pyarrow import compute

        n_rows = min(self.n_rows, max(_EVIDENCE_CELLS // n_columns, _HEAD))
        first = pyarrow.concat_arrays([cells.slice(place * self.n_rows, n_rows) for place in range(n_columns)])
        bare = compute.replace_substring_regex(first, rf"[{_SPACES}]*%$", "")
        with_point, with_comma = (compute.match_substring_regex(bare, pattern) for pattern in (_POINT, _COMMA))
        n_points = (compute.sum(compute.and_not(with_point, with_comma)).as_py() or 0) + self._n_sure_points()
        n_commas = compute.sum(compute.and_not(with_comma, with_point)).as_py() or 0
        return n_commas > n_points if n_commas or n_points else not self.is_point_likely

    def _n_sure_points(self) -> int:
        """Count decimal points among the plain numbers, in a sample of those columns that have fractions."""
        from pyarrow import compute

        n_found = 0
        fractions = (at for at, found in self.found.items() if _has_fractions(found.values[:_EVIDENCE_ROWS]))
        for at, _ in zip(fractions, range(_EVIDENCE_COLUMNS), strict=False):
            own = self.cells.slice(at * self.n_rows, min(self.n_rows, _EVIDENCE_ROWS))
            is_sure = compute.and_not(
                compute.match_substring(own, "."), compute.match_substring_regex(own, _DOTTED_THOUSANDS)
            )
            n_found += compute.sum(is_sure).as_py() or 0
        return n_found

    def _read_thousands_anew(self, columns: Sequence[int]) -> None:
        """Read "1.234" as 1234 in plain columns where every point can set thousands apart."""
        from pyarrow import compute

        has_point = self._by_column(compute.match_substring(self._gathered(self.cells, columns), "."))
        for place in np.flatnonzero(has_point.any(axis=1)).tolist():
            at = columns[place]
            own = compute.utf8_trim_whitespace(self.cells.slice(at * self.n_rows, self.n_rows))
            is_thousand = compute.fill_null(compute.match_substring_regex(own, _DOTTED_THOUSANDS), False)
            if (is_thousand.to_numpy(zero_copy_only=False) == has_point[place]).all():
                values = _converted(own, ~np.isnan(self.found[at].values), with_comma=True)[0]
                self.found[at] = Numerals(values, remark=GROUPED)

    def _gathered(self, cells: pyarrow.Array, columns: Sequence[int]) -> pyarrow.Array:
        import pyarrow

        if len(columns) * self.n_rows == len(cells):
            return cells
        parts = [cells.slice(at * self.n_rows, self.n_rows) for at in columns]
        return pyarrow.concat_arrays(parts) if parts else cells.slice(0, 0)

    def _by_column(self, answers: pyarrow.Array) -> np.ndarray:
        from pyarrow import compute

        return np.asarray(compute.fill_null(answers, False).to_numpy(zero_copy_only=False).reshape(-1, self.n_rows))


def _cast(cells: pyarrow.Array, n_columns: int, n_rows: int) -> Mapping[int, np.ndarray]:
    """Read the columns whose cells are all plain numbers.

    Casting what is no number is slow: columns whose first cells are none are not tried, the others some at a time.
    """
    n_first = min(n_rows, 3)
    places = (np.arange(n_columns)[:, np.newaxis] * n_rows + np.arange(n_first)).ravel()
    first = cells.take(places).to_pylist()
    likely = [at for at in range(n_columns) if all(map(_is_plain, first[at * n_first : (at + 1) * n_first]))]
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(likely), _AT_A_TIME):
        block = likely[start : start + _AT_A_TIME]
        cast = _cast_block(cells, block, n_rows)
        found |= cast or {at: values for each in block for at, values in _cast_block(cells, [each], n_rows).items()}
    return found


def _cast_block(cells: pyarrow.Array, columns: Sequence[int], n_rows: int) -> dict[int, np.ndarray]:
    """Read some columns, or none of them."""
    import pyarrow

    if columns[-1] - columns[0] + 1 == len(columns):
        block = cells.slice(columns[0] * n_rows, len(columns) * n_rows)
    else:
        block = pyarrow.concat_arrays([cells.slice(at * n_rows, n_rows) for at in columns])
    try:
        values = block.cast(pyarrow.float64()).to_numpy(zero_copy_only=False).reshape(-1, n_rows)
    except pyarrow.ArrowInvalid:
        return {}
    return dict(zip(columns, values, strict=True))


def _is_plain(cell: str | None) -> bool:
    """Return whether a cell can be a plain number, or is known to be missing."""
    if cell is None:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _converted(cells: pyarrow.Array, is_number: np.ndarray, with_comma: bool) -> tuple[np.ndarray, bool]:
    """Read numbers, NaN for the other cells; tell whether some had their thousands set apart."""
    import pyarrow
    from pyarrow import compute

    given = compute.if_else(pyarrow.array(is_number), cells, None)
    bare = compute.replace_substring_regex(given, f"[{_SPACES}{_APOSTROPHES}{'.' if with_comma else ','}]", "")
    is_grouped = compute.any(compute.not_equal(given, bare)).as_py() is True
    bare = compute.replace_substring(compute.replace_substring(bare, _MINUS, "-"), ",", ".")
    return bare.cast(pyarrow.float64()).to_numpy(zero_copy_only=False), is_grouped


def _has_fractions(values: np.ndarray) -> bool:
    finite = values[np.isfinite(values)]
    return bool((finite != np.floor(finite)).any())


def head_of(cells: pyarrow.Array, place: int, n_rows: int) -> list[str]:
    """Return the first cells of a column that are not missing."""
    own = cells.slice(place * n_rows, n_rows)
    first = [cell for cell in own.slice(0, _HEAD).to_pylist() if cell is not None]
    return first or list(own.drop_null().slice(0, _HEAD).to_pylist())
