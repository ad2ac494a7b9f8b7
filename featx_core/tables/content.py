"""What the content of a column tells: numbers of rows and of classes betray themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow

MIN_ROWS = 10  # below, what looks like numbers of rows or classes may well be chance
MAX_CLASSES = 100
_RARITY = 10  # a class that is this many times rarer than classes are on average is rare
_HEAD = 64  # values that settle most questions


def is_whole(values: np.ndarray) -> bool:
    """Return whether all numbers that are there are whole, and some are there.

    >>> is_whole(np.array([0.0, np.nan, 2.0])), is_whole(np.array([0.5, 1.0])), is_whole(np.array([np.nan]))
    (True, False, False)
    """
    if values.dtype.kind in "iub":
        return len(values) > 0
    return _only_whole(values[:_HEAD]) and _only_whole(values) and not bool(np.isnan(values).all())


def counts_rows(values: np.ndarray) -> bool:
    """Return whether numbers go up by one from row to row.

    >>> counts_rows(np.array([3.0, 4.0, 5.0])), counts_rows(np.array([1, 2, 4]))
    (True, False)
    """
    if len(values) < 2 or values.dtype.kind == "b" or not is_whole(values):
        return False
    return _goes_up(values[:_HEAD]) and _goes_up(values)


def all_differ(values: np.ndarray) -> bool:
    """Return whether every row has a number, and no two the same."""
    return not np.isnan(values[:_HEAD].astype(float)).any() and len(np.unique(known(values))) == len(values)


def has_classes(values: np.ndarray, *, per_class: int = 3) -> bool:
    """Return whether numbers are whole, and few enough for so many rows to be numbers of classes.

    Args:
        values: `(n_rows,)`.
        per_class: Rows that a class has at least, on average.

    >>> has_classes(np.repeat([0.0, 1.0, 2.0], 10)), has_classes(np.arange(30))
    (True, False)
    """
    if len(values) < MIN_ROWS or not is_whole(values):
        return False
    return 2 <= len(np.unique(known(values))) <= min(MAX_CLASSES, len(values) // per_class)


def numbers_classes(values: np.ndarray) -> bool:
    """Return whether numbers go from 0 or 1 to the number of classes without a gap, and none of them is rare.

    >>> numbers_classes(np.repeat([1, 2, 3], 10)), numbers_classes(np.repeat([0, 255], 10))
    (True, False)
    """
    if not has_classes(values):
        return False
    found, counts = np.unique(known(values), return_counts=True)
    is_gapless = found[0] in (0, 1) and found[-1] - found[0] == len(found) - 1
    return bool(is_gapless and counts.min() * len(found) * _RARITY >= len(values))


def is_binary(values: np.ndarray) -> bool:
    """Return whether all numbers are 0 or 1."""
    if values.ndim == 1 and len(values) and values[0] not in (0, 1):
        return False
    head = values[:_HEAD]
    return bool(((head == 0) | (head == 1)).all() and ((values == 0) | (values == 1)).all())


def marks_one_class(marks: np.ndarray) -> bool:
    """Return whether each row of several columns has a single 1 and else 0.

    >>> marks_one_class(np.eye(3)), marks_one_class(np.ones((2, 2)))
    (True, False)
    """
    return bool(marks.shape[1] > 1 and is_binary(marks) and (marks.sum(axis=1) == 1).all())


def same_classes(values: np.ndarray, classes: np.ndarray) -> bool:
    """Return whether numbers go with classes one to one.

    Args:
        values: `(n_rows,)`.
        classes: `(n_rows,)` whole numbers, negative for rows without a class.
    """
    is_asked = (classes >= 0) & ~np.isnan(values.astype(float))
    ours, theirs = values[is_asked], classes[is_asked]
    if len(ours) < MIN_ROWS or ((ours[1:] == ours[:-1]) != (theirs[1:] == theirs[:-1])).any():
        return False
    n_classes = len(np.unique(theirs))
    n_pairs = len(np.unique(np.stack([ours, theirs]), axis=1).T)
    return 2 <= n_classes == len(np.unique(ours)) == n_pairs <= len(ours) // 3


def class_numbers(words: pyarrow.Array) -> np.ndarray:
    """Number the labels of rows, in any order; -1 for rows without."""
    from pyarrow import compute

    codes = compute.dictionary_encode(compute.if_else(compute.equal(words, ""), None, words)).indices
    return np.asarray(compute.fill_null(codes, -1).to_numpy(zero_copy_only=False))


def whole_words(values: np.ndarray) -> pyarrow.Array:
    """Write whole numbers without a decimal point, and null for NaN."""
    import pyarrow

    return pyarrow.array([None if np.isnan(value) else str(int(value)) for value in values], pyarrow.string())


def number_words(values: np.ndarray) -> pyarrow.Array:
    """Write numbers as text: whole ones without a decimal point, and null for NaN."""
    import pyarrow

    if values.dtype.kind == "b":
        return pyarrow.array(list(map(str, values.tolist())), pyarrow.string())
    if is_whole(values):
        return whole_words(values)
    return pyarrow.array([None if np.isnan(value) else str(value) for value in values.tolist()], pyarrow.string())


def known(values: np.ndarray) -> np.ndarray:
    """Leave out what is missing."""
    return values if values.dtype.kind in "iub" else values[~np.isnan(values)]


def _only_whole(values: np.ndarray) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(((values == np.floor(values)) & np.isfinite(values) | np.isnan(values)).all())


def _goes_up(values: np.ndarray) -> bool:
    return bool((values[1:] == values[:-1] + 1).all())
