"""From columns as a file gives them to vectors: finite numbers, names that differ, labels that can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from featx_core.base.file_names import shown_text, whole_name
from featx_core.base.wording import counted
from featx_core.tables.layout import TableError
from featx_core.tables.rows import Vectors

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def assemble_vectors(
    values: np.ndarray, names: Sequence[str] | None, labels: Sequence[str] | None, notes: Iterable[str] = ()
) -> Vectors:
    """Put columns together; rows with a value that is missing or infinite are left out and counted.

    Args:
        values: `(n_rows, n_values)`, any numbers. Not modified.
        names: The name of each row, or None.
        labels: The label of each row, "" for none; or None.
        notes: What is known to have been left out before.

    Raises:
        TableError: If nothing is left.
    """
    if not values.size:
        raise TableError("has no row of numbers")
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    is_good = np.asarray(np.isfinite(single).all(axis=1))
    n_left_out = int(len(is_good) - is_good.sum())
    if n_left_out == len(is_good):
        raise TableError("has no row without missing or infinite values")
    kept = np.flatnonzero(is_good).tolist()
    found = list(notes)
    if n_left_out:
        found.append(f"{counted(n_left_out, 'row')} with missing or infinite values {_was(n_left_out)} left out.")
    shown, n_renamed = (None, 0) if names is None else _unlike([_cleaned(names[row]) for row in kept], kept)
    if n_renamed:
        found.append(f"{counted(n_renamed, 'row')} had no name, or that of another row, and got one with a number.")
    shown_labels = (
        [None] * len(kept) if labels is None else [whole_name(_unguarded(labels[row])) or None for row in kept]
    )
    return Vectors(np.ascontiguousarray(single[is_good]), shown, tuple(shown_labels), tuple(found))


def _cleaned(text: str) -> str:
    """Make a name safe to show, without the apostrophe that keeps spreadsheets from running it."""
    return shown_text(_unguarded(text))


def _unguarded(text: str) -> str:
    is_guarded = text.startswith("'") and text[1:2] in _FORMULA_STARTS and len(text) > 1
    return text[1:] if is_guarded else text


def _unlike(names: Sequence[str], rows: Sequence[int]) -> tuple[tuple[str, ...], int]:
    """Give every row a name of its own: "owl", "owl #2"; how many had to be changed."""
    taken: set[str] = set()
    counts: dict[str, int] = {}
    found, n_changed = [], 0
    for name, row in zip(names, rows, strict=True):
        base = name or f"row {row + 1}"
        candidate = base
        while candidate in taken:
            counts[base] = counts.get(base, 1) + 1
            candidate = f"{base} #{counts[base]}"
        n_changed += candidate != name
        taken.add(candidate)
        found.append(candidate)
    return tuple(found), n_changed


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
