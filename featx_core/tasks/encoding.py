"""Encoding of answers as JSON values and back. Free of TensorFlow: the server reads answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from featx_core.architecture.layers import LayerInfo
from featx_core.architecture.outline import Outline
from featx_core.extraction.export import to_npz
from featx_core.extraction.features import Features
from featx_core.specs.registry import spec_from_json

MAX_SENT_BYTES = 32 * 1024**2
"""Features of up to so many bytes travel in a message when the workspace cannot take them."""


def outline_from_json(fields: Mapping[str, Any]) -> Outline:
    """Read what the light task "outline" gave."""
    plain = {name: _frozen(value) for name, value in fields.items() if name != "layers"}
    layers = tuple(LayerInfo(**{name: _frozen(value) for name, value in row.items()}) for row in fields["layers"])
    return Outline(layers=layers, **plain)


def features_to_json(features: Features) -> str | None:
    """Write features that could not be saved as text for a message; None when they are too large for one."""
    return base64.b64encode(to_npz(features)).decode("ascii") if features.values.nbytes <= MAX_SENT_BYTES else None


def features_from_json(text: str, details: Mapping[str, Any]) -> Features:
    """Read what `features_to_json` wrote. `details` come beside it in the answer."""
    with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as arrays:
        spec = spec_from_json(str(arrays["spec"]))
        names, labels, digests = (arrays[name].tolist() for name in ("names", "labels", "digests"))
        n_rows = spec.rows_per_image
        return Features(
            values=arrays["values"],
            names=tuple(names),
            labels=tuple(label or None for label in labels),
            digests=tuple(digests),
            spec=spec,
            details=dict(details),
            copies=tuple(range(n_rows)) * (len(names) // n_rows) if n_rows > 1 else None,
        )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
