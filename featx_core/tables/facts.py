"""What a file of numbers says of its rows besides features, names and labels: the columns that are left out, as facts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featx_core.base.files.file_names import shown_text
from featx_core.tables.layout import Column
from featx_core.tables.raw import RawTable

Fact = tuple[str | float | None, ...]
"""A text or a number for each row, None where a cell is empty."""

MAX_FACTS = 24  # columns
MAX_CELLS = 1_000_000  # in all of them
MAX_TEXT = 100  # characters of a cell


def facts_of(
    table: RawTable, columns: Sequence[Column], kept: Sequence[int], *, leave: int | None = None
) -> dict[str, Fact]:
    """Return the columns of single numbers and of texts that are left out, of the rows that are kept.

    The first `MAX_FACTS` of them that say something, and no more than `MAX_CELLS` cells.

    Args:
        table: What the file holds.
        columns: What each of its columns is taken for.
        kept: The rows that are kept.
        leave: The place of a column that is no fact, because it has another use.
    """
    most = min(MAX_FACTS, MAX_CELLS // max(1, len(kept)))
    found: dict[str, Fact] = {}
    for at, (raw, column) in enumerate(zip(table.columns, columns, strict=True)):
        if len(found) >= most:
            break
        if at == leave or column.role != "left out" or raw.is_vector or not (raw.is_single or raw.is_text):
            continue
        cells = _numbers(raw.numbers, kept) if raw.is_single else _texts(raw.words.to_pylist(), kept)
        if len(set(cells)) > 1:
            found[shown_text(column.name, MAX_TEXT) or "column"] = cells
    return found


def _numbers(values: np.ndarray, kept: Sequence[int]) -> Fact:
    some = np.asarray(values, np.float64).reshape(-1)[list(kept)]
    return tuple(value if finite else None for value, finite in zip(some.tolist(), np.isfinite(some), strict=True))


def _texts(cells: Sequence[str | None], kept: Sequence[int]) -> Fact:
    return tuple((shown_text(cell, MAX_TEXT) or None) if (cell := cells[row]) else None for row in kept)


def facts_to_bytes(facts: Mapping[str, Fact]) -> bytes:
    """Write them as JSON."""
    return json.dumps({name: list(cells) for name, cells in facts.items()}).encode("utf-8")


def facts_from_json(values: Any, n_rows: int) -> dict[str, Fact]:
    """Read what `json` made of them.

    Raises:
        ValueError: If it is something else.
    """
    if not isinstance(values, dict) or not all(_is_fact(cells, n_rows) for cells in values.values()):
        raise ValueError("Facts must be a text, a number or nothing for each row.")
    return {name: tuple(cells) for name, cells in values.items()}


def _is_fact(cells: Any, n_rows: int) -> bool:
    if not isinstance(cells, list) or len(cells) != n_rows:
        return False
    known = [cell for cell in cells if cell is not None]
    return all(isinstance(cell, str) for cell in known) or all(type(cell) in (float, int) for cell in known)
