"""Layers whose cells are patches of the image: noted where a network of tokens is made, for stages and heatmaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

_ATTRIBUTE = "featx_patch_side"


def note_patches(layer: keras.layers.Layer, side: int) -> None:
    """Note that each cell of a layer's map is one patch, `side` pixels of the network's input high and wide."""
    setattr(layer, _ATTRIBUTE, side)


def patch_side(layer: keras.Operation) -> int | None:
    """Return how high and wide the patches of a layer are; None where its cells are none."""
    found = getattr(layer, _ATTRIBUTE, None)
    return None if found is None else int(found)
