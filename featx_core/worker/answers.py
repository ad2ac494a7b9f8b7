"""From the JSON values of an answer back to what they stand for. Free of TensorFlow: the server reads answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.extractor import LayerInfo, Outline


def outline_from_json(fields: Mapping[str, Any]) -> Outline:
    """Read what the light task "outline" gave."""
    plain = {name: _frozen(value) for name, value in fields.items() if name != "layers"}
    layers = tuple(LayerInfo(**{name: _frozen(value) for name, value in row.items()}) for row in fields["layers"])
    return Outline(layers=layers, **plain)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
