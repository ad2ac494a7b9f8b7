"""Convolutions that look beside what their kernels tell: measured, and noted on the layer for heatmaps to place cells by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

Lean = tuple[float, float]
"""Down and right, in cells of the layer's input."""

_ATTRIBUTE = "featx_lean"


def note_leans(network: keras.Model, leans: Mapping[str, Lean]) -> None:
    """Note on the layers of a network how far they lean, by their names."""
    for name, lean in leans.items():
        setattr(network.get_layer(name), _ATTRIBUTE, lean)


def lean_of(layer: keras.Operation) -> Lean:
    """Return how much further down and right a layer looks than its kernel tells; 0 where nothing is noted."""
    found = getattr(layer, _ATTRIBUTE, (0.0, 0.0))
    return float(found[0]), float(found[1])
