"""Vectors that stand in one cell each: lists of any nesting, and texts such as "[0.1, 0.2]" or "array([0.1 0.2])"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.wording import counted, spaced
from featx_core.tables.columns.numerals import head_of, looks_like_number
from featx_core.tables.layout import MAX_CELLS, TableError

if TYPE_CHECKING:
    import pyarrow

SHORTENED = "vectors abbreviated with “...”: save them in full"
UNEVEN = "lists of different lengths"
_SCALAR = r"\b(?:np|numpy|jnp|torch|tf)\.\w+\(([^()\[\]]*)\)"  # np.float32(0.1), as NumPy 2 shows numbers in lists
_OPTION = r",\s*(?:dtype|device|shape|requires_grad|grad_fn)\s*=\s*(?:\([^()]*\)|<[^<>]*>|[^,()\[\]]*)"
_CALL = r"\b(?:(?:np|numpy|jnp|torch|tf)\.)?(?:array|tensor|Tensor|Array|DenseVector|Vector|list)\("
_BREAK = r"[\[\](){}<>,;|\s]+"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf)"
_GAP = re.compile(r"\b(?:None|null|NaN|NA)\b")
_GLANCE = 300  # characters of a cell


@dataclass(frozen=True, eq=False)
class CellVectors:
    """One vector a row.

    Attributes:
        values: `(n_rows, n_values)`; a row of NaN where there is none, or none of the common length.
        lengths: How many numbers each row has; 0 where its cell is missing, -1 where it holds something else.
    """

    values: np.ndarray
    lengths: np.ndarray

    @property
    def unread(self) -> np.ndarray:
        """The rows that have something else than a vector of the common length."""
        return np.flatnonzero((self.lengths != self.values.shape[1]) & (self.lengths != 0))

    def fault(self, row: int) -> str:
        """Say what is wrong with one of them."""
        if self.lengths[row] < 0:
            return "has no vector"
        n_values = counted(int(self.lengths[row]), "number")
        return f"has a vector of {n_values}, most rows have {spaced(self.values.shape[1])}"


def looks_like_vector(cell: str) -> bool:
    """Return whether a cell holds several numbers, or one in brackets.

    >>> [looks_like_vector(cell) for cell in ("[0.1, 2]", "array([1., 2.], dtype=float32)", "1 2", "[1 ... 2]")]
    [True, True, True, True]
    >>> [looks_like_vector(cell) for cell in ("0.1", "owl 1 2", "[owl]", "1,5", "")]
    [False, False, False, False, False]
    """
    if not any(map(str.isdigit, cell[:_GLANCE])) or looks_like_number(cell):
        return False
    parts = _parts(cell[:_GLANCE])
    parts = parts[:-2] if len(cell) > _GLANCE else parts
    is_bracketed = cell.strip()[:1] in "[({" or re.match(_CALL, cell.strip()) is not None
    return len(parts) >= (1 if is_bracketed else 2) and all(
        re.fullmatch(rf"{_NUMBER}|\.\.\.|…", part) for part in parts
    )


def read_vector_texts(cells: pyarrow.Array) -> CellVectors | str | None:
    """Read a column of texts as vectors.

    Args:
        cells: Null where a cell is missing.

    Returns:
        The vectors; what the column holds, where it cannot be used; or None for a column of anything else.

    Raises:
        TableError: If there are too many numbers.
    """
    from pyarrow import compute

    head = head_of(cells, 0, len(cells))
    if 2 * sum(map(looks_like_vector, head)) < max(len(head), 1):
        return None
    if compute.any(compute.match_substring_regex(cells, r"\.\.\.|…")).as_py():
        return SHORTENED
    bare = _bare(cells)
    is_good = compute.match_substring_regex(bare, rf"^(?:{_NUMBER})(?: (?:{_NUMBER}))*$")
    n_values = compute.add(compute.count_substring(bare, " "), 1)
    if (compute.sum(n_values).as_py() or 0) > MAX_CELLS:
        raise TableError(f"has more than {spaced(MAX_CELLS)} numbers, the limit: save it as NPY or Parquet")
    found = _read(bare, is_good)
    is_unread = compute.and_(compute.is_valid(cells), compute.invert(compute.fill_null(is_good, False)))
    if isinstance(found, str):
        return found
    return CellVectors(found.values, np.where(is_unread.to_numpy(zero_copy_only=False), -1, found.lengths))


def stack(flat: np.ndarray, lengths: np.ndarray) -> CellVectors | str:
    """Make a table of vectors that stand one after the other.

    Args:
        flat: All numbers.
        lengths: How many of them each row has; 0 where its vector is missing.

    Returns:
        The vectors, or what the column holds when most of them differ in length.
    """
    found, n_rows = np.unique(lengths[lengths > 0], return_counts=True)
    if not len(found) or (2 * n_rows.max() <= n_rows.sum() and len(found) > 1):
        return f"{UNEVEN}, from {found.min()} to {found.max()} numbers" if len(found) else "nothing"
    common = int(found[n_rows.argmax()])
    is_common = lengths == common
    values = np.full((len(lengths), common), np.nan, np.float32 if flat.dtype == np.float32 else np.float64)
    values[is_common] = flat[np.repeat(is_common, lengths)].reshape(-1, common)
    return CellVectors(values, lengths)


def _read(bare: pyarrow.Array, is_good: pyarrow.Array) -> CellVectors | str:
    """Read the cells that hold nothing but numbers and spaces."""
    import pyarrow
    from pyarrow import compute

    parts = compute.split_pattern(compute.if_else(is_good, bare, None), " ")
    lengths = compute.fill_null(compute.list_value_length(parts), 0).to_numpy(zero_copy_only=False)
    return stack(compute.list_flatten(parts).cast(pyarrow.float64()).to_numpy(zero_copy_only=False), lengths)


def _bare(cells: pyarrow.Array) -> pyarrow.Array:
    """Leave nothing but numbers with one space between."""
    from pyarrow import compute

    for pattern, put in ((_SCALAR, r"\1"), (_OPTION, ""), (_CALL, " "), (_BREAK, " "), (_GAP.pattern, "nan")):
        cells = compute.replace_substring_regex(cells, pattern, put)
    return compute.utf8_trim_whitespace(cells)


def _parts(cell: str) -> list[str]:
    for pattern, put in ((_SCALAR, r"\1"), (_OPTION, ""), (_CALL, " "), (_BREAK, " "), (_GAP, "nan")):
        cell = re.sub(pattern, put, cell)
    return cell.split()
