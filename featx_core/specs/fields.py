"""Conversion of spec dataclasses to JSON values and back."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec

Data = TypeVar("Data")


def to_fields(data: Any) -> dict[str, Any]:
    """Write a dataclass as JSON values: its fields by name."""
    return {field.name: _plain(getattr(data, field.name)) for field in dataclasses.fields(data)}


def from_fields(kind: type[Data], fields: Mapping[str, Any]) -> Data:
    """Read what `to_fields` wrote.

    Raises:
        ValueError: If a spec among the fields cannot be read.
    """
    hints = typing.get_type_hints(kind)
    return kind(**{name: _frozen(value, hints[name]) for name, value in fields.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        return json.loads(value.to_json())
    if isinstance(value, tuple):  # of texts there may be very many
        return [item if type(item) is str else _plain(item) for item in value]
    return value


def _frozen(value: Any, hint: Any) -> Any:
    return spec_from_json(json.dumps(value)) if hint is Spec else _tuples(value)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
