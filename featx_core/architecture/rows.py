"""Rows of a custom network: how they are written, normalized and measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from featx_core.architecture.layer_kinds import LAYER_KINDS, Shape
from featx_core.base.wording import spaced

Row = tuple[str, tuple[tuple[str, Any], ...]]
"""The kind of a layer, then the name and value of everything that can be set on it, in the order of the registry."""

MAX_ROWS = 64
MAX_PARAMETERS = 150_000_000
MAX_VALUES = 2**24
"""Values that one row may give for one image: 64 MB as float32."""


@dataclass(frozen=True)
class RowFacts:
    """What comes out of one row.

    Attributes:
        output_shape: For one image; None if this row or an earlier one is not possible.
        n_parameters: Its own parameters, or None as above.
        problem: Why this row is not possible, without its number; else empty.
    """

    output_shape: Shape | None
    n_parameters: int | None
    problem: str = ""


def layer(kind: str, **values: Any) -> Row:
    """Write one row of a network. Arguments that are left out take their defaults from `LAYER_KINDS`.

    Args:
        kind: The name of a Keras layer, a key of `LAYER_KINDS`.
        **values: Its arguments as in Keras. Sizes are one whole number or two, for height and width.

    Returns:
        A row in its simplest form: equal layers give equal rows.

    Raises:
        ValueError: If there is no such kind or argument, or a value is out of range.

    >>> layer("MaxPooling2D")
    ('MaxPooling2D', (('pool_size', (2, 2)), ('strides', (2, 2)), ('padding', 'valid')))
    >>> layer("MaxPooling2D", pool_size=(2, 2), strides=2) == layer("MaxPooling2D", pool_size=2)
    True
    """
    if kind not in LAYER_KINDS:
        raise ValueError(f"There is no layer {kind!r}. The layers are: {', '.join(LAYER_KINDS)}.")
    parameters = LAYER_KINDS[kind].parameters
    unknown = sorted(set(values) - {parameter.name for parameter in parameters})
    if unknown:
        known = ", ".join(parameter.name for parameter in parameters) or "none"
        raise ValueError(f"{kind} has no `{unknown[0]}`. Its parameters are: {known}.")
    read: dict[str, Any] = {}
    for parameter in parameters:
        value = values.get(parameter.name)
        value = parameter.default if value is None else value
        try:
            read[parameter.name] = read[parameter.follows] if value is None else parameter.read(value)
        except ValueError as error:
            raise ValueError(f"{kind}: {error}") from None
    return kind, tuple(read.items())


def plain_rows(rows: Iterable[Any]) -> tuple[Row, ...]:
    """Bring rows to their simplest form.

    Raises:
        ValueError: If one is not a row, naming it.
    """
    return tuple(_plain(number, row) for number, row in enumerate(rows, start=1))


def row_values(row: Row) -> dict[str, Any]:
    """Return what is set on a row, by name."""
    return dict(row[1])


def describe_row(row: Row) -> str:
    """Write what matters of a row in a few words.

    >>> describe_row(layer("Conv2D", filters=16, kernel_size=5, strides=2, activation="relu"))
    '16 of 5 x 5, stride 2, relu'
    """
    return LAYER_KINDS[row[0]].words(row_values(row))


def measure_rows(rows: Sequence[Row], input_shape: Shape) -> tuple[RowFacts, ...]:
    """Work out what each row gives, without Keras. The first impossible row says why; later rows say nothing.

    Args:
        rows: As `layer` gives them.
        input_shape: Height, width and channels of the network's input.

    >>> [facts.output_shape for facts in measure_rows([layer("Conv2D"), layer("Flatten")], (64, 64, 3))]
    [(62, 62, 32), (123008,)]
    """
    facts: list[RowFacts] = []
    shape, total = input_shape, 0
    for row in rows:
        try:
            shape, own = _measured(row, shape, total)
        except ValueError as error:
            facts.append(RowFacts(None, None, str(error)))
            break
        total += own
        facts.append(RowFacts(shape, own))
    return (*facts, *[RowFacts(None, None)] * (len(rows) - len(facts)))


def _measured(row: Row, shape: Shape, n_before: int) -> tuple[Shape, int]:
    output, n_parameters = LAYER_KINDS[row[0]].measure(shape, row_values(row))
    if n_before + n_parameters > MAX_PARAMETERS:
        raise ValueError(
            f"with it the network has {spaced(n_before + n_parameters)} parameters; "
            f"the limit is {spaced(MAX_PARAMETERS)}"
        )
    if math.prod(output) > MAX_VALUES:
        raise ValueError(f"it gives {spaced(math.prod(output))} values per image; the limit is {spaced(MAX_VALUES)}")
    return output, n_parameters


def _plain(number: int, row: Any) -> Row:
    try:
        kind, values = row
        values = {name: value for name, value in values}
    except (TypeError, ValueError):
        raise ValueError(f'row {number}: expected what `layer("Conv2D", ...)` gives. Received: {row!r}.') from None
    try:
        return layer(kind, **values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"row {number}: {error}") from None
