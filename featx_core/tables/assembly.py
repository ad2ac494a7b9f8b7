"""From columns and their roles to vectors: finite numbers, names that differ, labels that can be shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from featx_core.base.files.file_names import shown_text, whole_name
from featx_core.base.wording import counted, spaced, too_large
from featx_core.tables import content
from featx_core.tables.columns.column_words import common_start
from featx_core.tables.facts import facts_of
from featx_core.tables.layout import MAX_FILE_BYTES, Column, Role, TableError
from featx_core.tables.raw import RawColumn, RawTable
from featx_core.tables.rows import Vectors, is_digest

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SHOWN = 3  # columns that a note names
_NO_NUMBERS = "without numbers"
_DIGESTS = ("sha256", "digests")  # as Parquet files and NumPy archives of featx call them
_NAMELESS = re.compile(r"column \d+")


def assemble_vectors(table: RawTable, columns: Sequence[Column], *, good_rows_only: bool = False) -> Vectors:
    """Take the columns of a file by their roles; rows with a value that is missing or infinite are left out and counted.

    Args:
        table: What the file holds.
        columns: What each of its columns is taken for.
        good_rows_only: Whether rows that cannot be read are left out, rather than being a fault.

    Raises:
        TableError: If a column cannot have its role, rows cannot be read, or nothing is left.
    """
    features = _features(table, columns)
    names, labels = (_words(table, columns, role) for role in ("name", "label"))
    is_read, notes = _readable(table, features, good_rows_only=good_rows_only)
    if not is_read.any():
        raise TableError("has no row of numbers")
    values = _values(table, features)
    is_good = is_read & np.isfinite(values).all(axis=1)
    n_missing = int((is_read & ~is_good).sum())
    if not is_good.any():
        raise TableError("has no row without missing or infinite values")
    if n_missing:
        notes.append(f"{counted(n_missing, 'row')} with missing or infinite values {_was(n_missing)} left out.")
    kept = np.flatnonzero(is_good).tolist()
    shown, name_notes = _told_apart(names, kept)
    at, digests = _digests(table, columns, kept)
    return Vectors(
        np.ascontiguousarray(values if is_good.all() else values[is_good]),
        shown,
        tuple(None if labels is None else whole_name(_unguarded(labels[row])) or None for row in kept),
        (*table.notes, *_column_notes(table, columns, leave=at), *notes, *name_notes),
        tuple(columns),
        facts_of(table, columns, kept, leave=at),
        digests,
    )


def _told_apart(names: Sequence[str] | None, kept: Sequence[int]) -> tuple[tuple[str, ...] | None, list[str]]:
    """Give the row names that are kept, each once; and a note on those that were changed."""
    if names is None:
        return None, []
    shown, n_renamed = _unlike([_cleaned(names[row]) for row in kept], kept)
    note = f"{counted(n_renamed, 'row')} had no name, or that of another row, and got one with a number."
    return shown, [note] if n_renamed else []


def _features(table: RawTable, columns: Sequence[Column]) -> list[int]:
    places = _with_role(columns, "feature")
    if not places:
        raise TableError(f"has no {table.noun} of numbers{_reasons(columns)}")
    for at in places:
        if not table.columns[at].has_numbers:
            raise TableError(f"cannot use “{columns[at].name}” as a feature: it holds {columns[at].holds}")
    return places


def _with_role(columns: Sequence[Column], role: Role) -> list[int]:
    return [at for at, column in enumerate(columns) if column.role == role]


def _reasons(columns: Sequence[Column]) -> str:
    """Say what the columns are instead of numbers."""
    roles = {"label": "the labels", "name": "the row names"}
    found = [f"“{each.name}” has {roles.get(each.role) or each.why or each.holds}" for each in columns[:_SHOWN]]
    return f": {', '.join(found)}" if found else ""


def _readable(table: RawTable, features: Sequence[int], *, good_rows_only: bool) -> tuple[np.ndarray, list[str]]:
    """Find the rows that can be read, and say what is wrong with the others."""
    raw = [table.columns[at] for at in features]
    is_good = np.ones(table.n_rows, bool)
    for column in raw:
        is_good[column.unread] = False
    n_good = int(is_good.sum())
    n_bad = table.n_rows - n_good + len(table.lost_rows)
    if not n_bad:
        return is_good, []
    number, fault = _first_fault(table, raw, is_good)
    if not (good_rows_only and n_good):
        share = f"{spaced(n_bad)} of {counted(n_good + n_bad, 'row')}"
        raise TableError(f"has rows that cannot be read, {share}: row {number} {fault}", n_good=n_good)
    return is_good, [f"{counted(n_bad, 'row')} that cannot be read left out: row {number} {fault}."]


def _first_fault(table: RawTable, raw: Sequence[RawColumn], is_good: np.ndarray) -> tuple[int, str]:
    found = list(table.lost_rows[:1])
    bad = np.flatnonzero(~is_good)
    if len(bad):
        column = next(column for column in raw if bad[0] in column.unread)
        found.append((table.row_number(int(bad[0])), column.fault(int(bad[0]))))
    return min(found)


def _values(table: RawTable, places: Sequence[int]) -> np.ndarray:
    """Put the features side by side, as float32."""
    raw = [table.columns[at] for at in places]
    n_bytes = 4 * table.n_rows * sum(column.n_values for column in raw)
    if n_bytes > MAX_FILE_BYTES:
        raise TableError(f"would unpack to {too_large(n_bytes, MAX_FILE_BYTES)}")
    with np.errstate(over="ignore"):
        if table.matrix is not None:
            return (table.matrix if len(raw) == len(table.columns) else table.matrix[:, list(places)]).astype(
                np.float32
            )
        values = np.empty((table.n_rows, sum(column.n_values for column in raw)), np.float32)
        start = 0
        for column in raw:
            values[:, start : start + column.n_values] = column.numbers.reshape(table.n_rows, column.n_values)
            start += column.n_values
    return values


def _words(table: RawTable, columns: Sequence[Column], role: Role) -> list[str] | None:
    """Return the cells of the column with a role, or None where there is none; "" where a cell is missing."""
    raw = [table.columns[at] for at in _with_role(columns, role)]
    if not raw:
        return None
    is_marked = role == "label" and (len(raw) > 1 or raw[0].is_vector)
    if is_marked:
        return _marked(raw)
    if len(raw) > 1:
        raise TableError(f"has {len(raw)} {table.noun}s for the {role}s: {_listed([column.name for column in raw])}")
    if raw[0].load_words is None:
        raise TableError(f"cannot use “{raw[0].name}” as {role}s: it holds {raw[0].holds}")
    return [cell or "" for cell in raw[0].words.to_pylist()]


def _marked(raw: Sequence[RawColumn]) -> list[str]:
    """Name the class that each row has a 1 for: by its column, or by its number in a vector."""
    names = [column.name for column in raw]
    if not all(column.has_numbers for column in raw) or (len(raw) > 1 and any(column.is_vector for column in raw)):
        raise TableError(f"has {len(raw)} columns for the labels: {_listed(names)}")
    marks = raw[0].numbers if raw[0].is_vector else np.stack([column.numbers for column in raw], axis=1)
    is_marked = marks.sum(axis=1) > 0
    if not content.is_binary(marks) or (marks.sum(axis=1) > 1).any():
        raise TableError(f"cannot use {_listed(names)} as labels: they are not one-hot")
    start = len(common_start(names))
    classes = list(map(str, range(marks.shape[1]))) if raw[0].is_vector else [name[start:] for name in names]
    return [classes[at] if known else "" for at, known in zip(np.argmax(marks, axis=1), is_marked, strict=True)]


def _digests(
    table: RawTable, columns: Sequence[Column], kept: Sequence[int]
) -> tuple[int | None, tuple[str, ...] | None]:
    """Find the column that tells the SHA-256 of each row's image, as featx writes it: its place, and those of the rows."""
    for at, (raw, column) in enumerate(zip(table.columns, columns, strict=True)):
        if column.role == "left out" and raw.is_text and raw.name in _DIGESTS:
            words = raw.words.to_pylist()
            found = tuple(words[row] for row in kept)
            if all(map(is_digest, found)):
                return at, found
    return None, None


def _column_notes(table: RawTable, columns: Sequence[Column], *, leave: int | None) -> list[str]:
    """Say what was left out, what was taken for labels without being called so, and how numbers were read."""
    left: dict[str, list[str]] = {}
    notes = []
    for at, column in enumerate(columns):
        if at == leave:
            continue
        if column.role == "left out" and not (column.holds == "nothing" and _NAMELESS.fullmatch(column.name)):
            why = _NO_NUMBERS if column.holds == "text" else column.why or column.holds
            left.setdefault(why, []).append(column.name)
        elif column.role == "feature" and column.why:
            notes.append(f"“{column.name}” was read {column.why}.")
    labels = [column for column in columns if column.role == "label" and column.why]
    if labels:
        notes.append(f"The labels are taken from {_listed([column.name for column in labels])} ({labels[0].why}).")
    return [_left_out(table.noun, why, names) for why, names in left.items()] + notes


def _left_out(noun: str, why: str, names: Sequence[str]) -> str:
    given = f"{why} left out" if why == _NO_NUMBERS else f"left out ({why})"
    return f"{counted(len(names), noun)} {given}: {_listed(names)}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


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
