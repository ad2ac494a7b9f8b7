"""What is chosen of a table, and what is found in it, as JSON values, for the way between two processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from featx_core.tables.facts import facts_from_json
from featx_core.tables.layout import Choice, Column, Layout
from featx_core.tables.rows import Vectors


def choice_to_json(choice: Choice) -> dict[str, Any]:
    """Write what was chosen."""
    return dataclasses.asdict(choice)


def choice_from_json(values: Mapping[str, Any]) -> Choice:
    """Read what `choice_to_json` wrote.

    >>> choice = Choice(array="X", roles=(("id", "name"),))
    >>> choice_from_json(choice_to_json(choice)) == choice
    True
    """
    return Choice(**{**values, "roles": tuple((name, role) for name, role in values["roles"])})


def layout_to_json(layout: Layout) -> dict[str, Any]:
    """Write what a file offers."""
    return {
        "columns": _columns_to_json(layout.columns),
        "arrays": list(layout.arrays),
        "has_header": layout.has_header,
        "is_doubtful": layout.is_doubtful,
    }


def layout_from_json(values: Mapping[str, Any]) -> Layout:
    """Read what `layout_to_json` wrote."""
    columns = _columns_from_json(values["columns"])
    return Layout(columns, tuple(values["arrays"]), values["has_header"], values["is_doubtful"])


def words_to_json(vectors: Vectors) -> dict[str, Any]:
    """Write all of some vectors but their values."""
    return {
        "shape": list(vectors.values.shape),
        "names": None if vectors.names is None else list(vectors.names),
        "labels": list(vectors.labels) if any(label is not None for label in vectors.labels) else None,
        "notes": list(vectors.notes),
        "columns": _columns_to_json(vectors.columns),
        "facts": {name: list(cells) for name, cells in vectors.facts.items()},
        "digests": None if vectors.digests is None else list(vectors.digests),
    }


def vectors_from_json(words: Mapping[str, Any], values: bytes) -> Vectors:
    """Read what `words_to_json` wrote, with the values as float32."""
    n_rows, n_values = words["shape"]
    return Vectors(
        np.frombuffer(values, "<f4").reshape(n_rows, n_values),
        None if words["names"] is None else tuple(words["names"]),
        (None,) * n_rows if words["labels"] is None else tuple(words["labels"]),
        tuple(words["notes"]),
        _columns_from_json(words["columns"]),
        facts_from_json(words["facts"], n_rows),
        None if words["digests"] is None else tuple(words["digests"]),
    )


def _columns_to_json(columns: tuple[Column, ...]) -> list[list[Any]]:
    return [[column.name, column.role, column.holds, column.why, column.options] for column in columns]


def _columns_from_json(values: list[list[Any]]) -> tuple[Column, ...]:
    return tuple(Column(name, role, holds, why, tuple(options)) for name, role, holds, why, options in values)
