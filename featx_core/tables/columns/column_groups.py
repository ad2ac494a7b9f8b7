"""Columns seen together: what they have in common in their names, their places and their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from featx_core.tables import content
from featx_core.tables.columns.column_words import common_start, label_strength, vector_rank
from featx_core.tables.raw import RawColumn

_SAMPLE = 200  # different texts
_MIN_OTHERS = 8  # columns that classes are told from
_MAX_ALIKE = 0.1  # of the columns: so many may look like classes by chance
_NAMELESS = re.compile(r"(column )?\d+")
_SERIES_END = re.compile(r"\d+$")


def variety(column: RawColumn) -> tuple[int, int, bool]:
    """Count the cells that are there, and the different ones; tell whether most of these have a letter."""
    from pyarrow import compute

    found = compute.unique(column.words.drop_null())
    n_letters = sum(any(map(str.isalpha, text)) for text in found.slice(0, _SAMPLE).to_pylist())
    return len(column.words) - column.words.null_count, len(found), 2 * n_letters > min(len(found), _SAMPLE)


def called_alike(places: Iterable[int], raw: Sequence[RawColumn]) -> list[list[int]]:
    """Group columns that are called for one class each: "class_oak", "class_ash"."""
    groups: dict[str, list[int]] = {}
    for at in places:
        start = common_start([raw[at].name])
        if start and label_strength(start):
            groups.setdefault(start, []).append(at)
    return [group for group in groups.values() if len(group) > 1]


def side_by_side(places: Sequence[int]) -> list[list[int]]:
    """Group places that follow each other, where there are two or more.

    >>> side_by_side([1, 2, 3, 5, 8, 9])
    [[1, 2, 3], [8, 9]]
    """
    groups: list[list[int]] = []
    for at in places:
        if groups and groups[-1][-1] == at - 1:
            groups[-1].append(at)
        else:
            groups.append([at])
    return [group for group in groups if len(group) > 1]


def is_series(places: Sequence[int], raw: Sequence[RawColumn]) -> bool:
    """Return whether columns are called alike but for a number: "f0", "f1", or "0", "1"."""
    starts = {_SERIES_END.sub("", raw[at].name) for at in places}
    return len(places) > 1 and len(starts) == 1 and all(_SERIES_END.search(raw[at].name) for at in places)


def is_coordinate(column: RawColumn, raw: Sequence[RawColumn]) -> bool:
    """Return whether a column is called "y" beside an "x", and so is no target."""
    return column.name.strip().lower() == "y" and "x" in (each.name.strip().lower() for each in raw if each.is_single)


def marks_classes(places: Sequence[int], raw: Sequence[RawColumn]) -> bool:
    """Return whether columns together have a single 1 in each row."""
    return len(places) > 1 and content.marks_one_class(np.stack([raw[at].numbers for at in places], axis=1))


def outweighs(column: RawColumn, n_singles: int) -> bool:
    """Return whether vectors are called for being features, or hold more numbers than there are single ones beside them."""
    return vector_rank(column.name) < vector_rank("other") or column.n_values > n_singles


def identifiers_in_front(places: Sequence[int], raw: Sequence[RawColumn]) -> int | None:
    """Find a first column without a name whose whole numbers all differ, before columns that are mostly fractions."""
    if len(places) < 2 or not is_nameless(raw[places[0]]) or len(raw[places[0]].numbers) < content.MIN_ROWS:
        return None
    first, n_whole = raw[places[0]].numbers, sum(content.is_whole(raw[at].numbers) for at in places[1:])
    is_one = content.is_whole(first) and content.all_differ(first) and not content.counts_rows(first)
    return places[0] if is_one and 2 * n_whole < len(places) - 1 else None


def classes_at_an_end(places: Sequence[int], raw: Sequence[RawColumn]) -> int | None:
    """Find the numbers of classes among columns of whole numbers without names: the first or the last, unlike the others."""
    if len(places) <= _MIN_OTHERS or not all(is_nameless(raw[at]) for at in (places[0], places[-1])):
        return None
    found = [at for at in places if content.numbers_classes(raw[at].numbers)]
    at_end = [at for at in (places[0], places[-1]) if at in found]
    return at_end[0] if len(at_end) == 1 and len(found) - 1 <= _MAX_ALIKE * len(places) else None


def is_nameless(column: RawColumn) -> bool:
    """Return whether a column is called by its number alone."""
    return _NAMELESS.fullmatch(column.name) is not None


def classes_of(columns: Sequence[RawColumn]) -> np.ndarray:
    """Number the classes of rows by the columns that hold or mark them; -1 for rows without."""
    if len(columns) > 1:
        return np.asarray(np.argmax(np.stack([column.numbers for column in columns], axis=1), axis=1))
    if columns[0].is_vector:
        return np.asarray(np.argmax(columns[0].numbers, axis=1))
    return content.class_numbers(columns[0].words)
