"""Validation of the rows of a workspace, so that readers can rely on them."""

from __future__ import annotations

import functools
import json
import math
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from featx_core.base.json_kinds import are_texts
from featx_core.workspace.faults import WorkspaceError

MAX_NAME = 20_000  # characters
MAX_LABEL = MAX_PATH = 100_000
MAX_TEXT = 64 * 1024**2
MAX_SIDE = 1_000_000  # pixels
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ROWS_AT_ONCE = 1_000
_EPSILON = 1e-6

Check = Callable[[object], bool]


def _text(limit: int, *, may_be_empty: bool = True) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= limit and (may_be_empty or bool(value))


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_side(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= MAX_SIDE


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _is_brightness(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and -_EPSILON <= value <= 100 + _EPSILON


@functools.lru_cache(maxsize=1024)
def _are_notes(value: object) -> bool:
    try:
        return isinstance(value, str) and are_texts(json.loads(value))
    except (ValueError, RecursionError):
        return False


def _is_blob_type(value: object) -> bool:
    return value == "blob"


_IMAGE: Mapping[str, Check] = MappingProxyType(
    {
        "name": _text(MAX_NAME, may_be_empty=False),
        "label": _or_none(_text(MAX_LABEL)),
        "width": _is_side,
        "height": _is_side,
        "format": _text(100),
        "brightness": _is_brightness,
        "notes": _are_notes,
        "path": _or_none(_text(MAX_PATH)),
    }
)
_RUN: Mapping[str, Check] = MappingProxyType(
    {"digest": _text(1_000), "spec": _text(MAX_TEXT), "created": _text(100), "details": _text(MAX_TEXT)}
)
CHECKS: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {
        "facts": {"name": _text(1_000), "value": _text(MAX_TEXT)},
        "contents": {
            "digest": _is_digest,
            "typeof(bytes)": _is_blob_type,
            "typeof(thumbnail)": lambda value: value in ("blob", "null"),
        },
        "images": _IMAGE,
        "removed_images": _IMAGE,
        "runs": _RUN,
        "removed_runs": _RUN,
        "extractors": {"digest": _text(1_000)},
        "artefacts": {"digest": _is_digest, "name": _text(MAX_NAME), "typeof(bytes)": _is_blob_type},
        "links": {"typeof(path)": _is_blob_type, "n_bytes": _is_count, "typeof(seal)": _is_blob_type},
    }
)
"""What each column must hold, by table. Vectors and results have check sums and are checked when they are read."""


_OWNERS: Mapping[str, str] = MappingProxyType(
    {
        "facts": "a note",
        "contents": "an image file",
        "images": "an image",
        "removed_images": "an image",
        "runs": "a run",
        "removed_runs": "a run",
        "extractors": "a run",
        "artefacts": "a kept file",
        "links": "a linked file",
    }
)


def find_fault(connection: sqlite3.Connection) -> str | None:
    """Look for a row that featx cannot have written; say what is wrong with the first one, or None.

    Args:
        connection: To a file whose tables are those of a workspace of any version.
    """
    for table, checks in CHECKS.items():
        known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        asked = {column: check for column, check in checks.items() if _column(column) in known}
        fault = next(_faults(connection, table, asked), None) if asked else None
        if fault is not None:
            return fault
        dangling = connection.execute(f"PRAGMA foreign_key_check({table})").fetchone() if known else None
        if dangling is not None:
            return f"{_OWNERS[table]} has no file"
    return None


def require(table: str, **values: object) -> None:
    """Refuse to keep what opening the file would call damaged.

    Args:
        table: A key of `CHECKS`.
        values: What is to be kept, by column.

    Raises:
        WorkspaceError: If a value is too long, out of range or cannot be written.
    """
    for column, value in values.items():
        if not (CHECKS[table][column](value) and _can_be_written(value)):
            raise WorkspaceError(
                f"The {column} of {_OWNERS[table]} cannot be kept: it is too long, out of range or of the wrong kind. "
                "Nothing was changed."
            )


def _can_be_written(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(value.encode("utf-8")) or not value
    except UnicodeEncodeError:  # half a character
        return False


def _faults(connection: sqlite3.Connection, table: str, checks: Mapping[str, Check]) -> Iterator[str]:
    cursor = connection.execute(f"SELECT {', '.join(checks)} FROM {table}")
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        for (column, check), values in zip(checks.items(), zip(*rows, strict=True), strict=True):
            if not all(map(check, _different(values))):
                yield f"the {_column(column)} of {_OWNERS[table]} is of the wrong kind or out of range"


def _different(values: Collection[Any]) -> Collection[Any]:
    """Return values once each. Those that are equal but of several kinds, such as 1 and 1.0, all stay."""
    return values if {int, float} <= set(map(type, values)) else set(values)


def _column(asked: str) -> str:
    return asked.removeprefix("typeof(").removesuffix(")")
