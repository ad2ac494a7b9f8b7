"""Which role each column has in the end: what was stated, else the guess."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from featx_core.tables.layout import Choice, Column, Role, TableError

_SHOWN = 12


def settle_roles(columns: Sequence[Column], choice: Choice) -> tuple[Column, ...]:
    """Put what was stated in the place of what was guessed.

    A stated label (or name) takes the place of a guessed one; a stated array that of all guessed features.

    Raises:
        TableError: If there is no such column.
    """
    stated = choice.stated
    known = {column.name for column in columns}
    for name in stated:
        if name not in known:
            shown = ", ".join(column.name for column in columns[:_SHOWN]) or "none to choose"
            raise TableError(f"has no column “{name}”. It has: {shown}")
    replaced = _replaced(choice, set(stated.values()))
    return tuple(_settled(column, stated.get(column.name), replaced) for column in columns)


def _replaced(choice: Choice, given: Collection[Role]) -> dict[Role, str]:
    """List the guessed roles that do not count, each with why."""
    found: dict[Role, str] = {}
    if "label" in given or choice.label_column == "":
        found["label"] = "other labels"
    if "name" in given or choice.name_column == "":
        found["name"] = "other names"
    if choice.array is not None:
        found["feature"] = f"numbers beside “{choice.array}”"
    return found


def _settled(column: Column, stated: Role | None, replaced: dict[Role, str]) -> Column:
    if stated is not None:
        return column if stated == column.role else dataclasses.replace(column, role=stated, why="")
    if column.role in replaced:
        return dataclasses.replace(column, role="left out", why=replaced[column.role])
    return column
