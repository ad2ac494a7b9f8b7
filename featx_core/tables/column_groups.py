"""Columns seen together: what they have in common in their names, their places and their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from featx_core.tables import content
from featx_core.tables.column_words import common_start, label_strength
from featx_core.tables.raw import RawColumn

_SAMPLE = 200  # different texts
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


def classes_of(columns: Sequence[RawColumn]) -> np.ndarray:
    """Number the classes of rows by the columns that hold or mark them; -1 for rows without."""
    if len(columns) > 1:
        return np.asarray(np.argmax(np.stack([column.numbers for column in columns], axis=1), axis=1))
    if columns[0].is_vector:
        return np.asarray(np.argmax(columns[0].numbers, axis=1))
    return content.class_numbers(columns[0].words)
