"""`python -m featx_core.tables.apart.looking`: reads tables of numbers for another process, which may end it at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from featx_core.base.serving import IDLE_SECONDS, serve
from featx_core.tables.apart.in_json import choice_from_json, layout_to_json, words_to_json
from featx_core.tables.layout import Choice, TableError
from featx_core.tables.reading import OpenTable, Source, open_table

_last: dict[tuple[str, Choice], OpenTable] = {}  # one at most: the user goes on changing what is taken of it


def main(*, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests until there are no more."""
    serve(answer, idle_seconds=idle_seconds)


def answer(content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Read a table: give its layout, or what was chosen of it; or say what is wrong with it.

    Args:
        content: The bytes of the file; none where it lies on this machine.
        options: `name`, `path` (or None), `choice`, and `wanted`: "layout", or "vectors" to have the values as float32.
    """
    try:
        return _answered(content, **options)
    except TableError as error:
        return {"fault": str(error), "n_good": error.n_good}, b""


def _answered(
    content: bytes, *, name: str, path: str | None, choice: Mapping[str, Any], wanted: str
) -> tuple[dict[str, Any], bytes]:
    chosen = choice_from_json(choice)
    table = _opened(content, name, path, chosen)
    if wanted == "layout":
        return layout_to_json(table.layout), b""
    vectors = table.vectors(chosen)
    return words_to_json(vectors), np.ascontiguousarray(vectors.values, "<f4").tobytes()


def _opened(content: bytes, name: str, path: str | None, choice: Choice) -> OpenTable:
    """Open a table, unless it is the last one that was."""
    first = Choice(array=choice.array, has_header=choice.has_header)
    key = hashlib.sha256(content).hexdigest() if path is None else _state(Path(path)), first
    if key not in _last:
        _last.clear()
        source: Source = (name, content) if path is None else path
        _last[key] = open_table(source, first)
    return _last[key]


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return f"{path} {found.st_size} {found.st_mtime_ns}"


if __name__ == "__main__":
    main()
