"""Doubts about weights that were matched to a network: their order, their names, and what they compute."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.architecture.layers import snake_case
from featx_core.base.files.h5_faults import H5_FAULTS
from featx_core.networks.initialization import made_up_images

if TYPE_CHECKING:
    import h5py
    import keras

    from featx_core.networks.saved.matching import Expected
    from featx_core.networks.saved.models import SavedLayer

MAX_VALUES = 16
MAX_DIFFERENCE = 1e-3
"""Between the features of the fixed picture, as a share of the largest: machines differ by 1e-5."""
_FEATURES, _INPUT = "featx_features", "featx_input"  # attributes of a file


@dataclass(frozen=True)
class Likeness:
    """How the layers that were taken from a file differ from those of the network.

    Attributes:
        is_reordered: Whether they were found by their names, and stand in another order.
        swapped: Layers found by their place, whose name another layer of the network has: name there, name here.
        renamed: Layers found by their place that are called otherwise by their authors: name there, name here.
    """

    is_reordered: bool = False
    swapped: tuple[tuple[str, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()


def likeness(expected: Sequence[Expected], chosen: Sequence[SavedLayer]) -> Likeness:
    """Compare the order and the names of layers that fit by their shapes.

    Args:
        expected: The layers of the network.
        chosen: The layer of the file for each.
    """
    pairs = [(saved, wanted) for saved, wanted in zip(chosen, expected, strict=True)]
    others = [(saved.name, wanted.layer.name) for saved, wanted in pairs if saved.name != wanted.layer.name]
    if not others:
        return Likeness(is_reordered=not _rises(chosen))
    here = {wanted.layer.name for wanted in expected}
    swapped = tuple(pair for pair in others if pair[0] in here and not _is_made_up(pair[0], expected))
    renamed = tuple(
        pair for pair in others if pair not in swapped and not any(_is_made_up(name, expected) for name in pair)
    )
    return Likeness(swapped=swapped, renamed=renamed)


def _rises(layers: Sequence[SavedLayer]) -> bool:
    """Whether the layers of each kind stand in the file in this order."""
    last: dict[str, int] = {}
    for layer in layers:
        if layer.place.number < last.get(layer.place.kind, -1):
            return False
        last[layer.place.kind] = layer.place.number
    return True


def _is_made_up(name: str, expected: Sequence[Expected]) -> bool:
    """Whether Keras makes up such names: the class and a number."""
    kinds = {snake_case(type(wanted.layer).__name__) for wanted in expected}
    return re.sub(r"_\d+$", "", name) in kinds


def features_of_fixed_picture(network: keras.Model) -> np.ndarray | None:
    """Return a few numbers that tell a network with its weights from others.

    Args:
        network: A model of one image, of any preprocessing: it receives values from 0 to 1.

    Returns:
        float64, at most `MAX_VALUES`: means of the output, cut into so many parts. None where the input has no fixed size, or
        the output is not finite or all 0.
    """
    shape = _input_shape(network)
    if shape is None:
        return None
    picture = made_up_images(np.random.default_rng(0), 1, shape[:2]).astype(np.float32) / 255
    output: Any = network(picture if shape[2] == 3 else picture.mean(axis=-1, keepdims=True), training=False)
    values = np.asarray(output, np.float64).ravel() if hasattr(output, "shape") else np.zeros(0)
    if not np.isfinite(values).all() or not values.any():
        return None
    return np.array([part.mean() for part in np.array_split(values, min(MAX_VALUES, len(values)))])


def _input_shape(network: keras.Model) -> tuple[int, int, int] | None:
    shape = getattr(network, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:] or shape[3] not in (1, 3):
        return None
    return shape[1:]


def with_features(weights: bytes, network: keras.Model) -> bytes:
    """Write the features of the fixed picture into a file of weights, for whoever loads it.

    Args:
        weights: A `.weights.h5` of the network.
        network: With these weights.
    """
    import h5py

    features = features_of_fixed_picture(network)
    if features is None:
        return weights
    with io.BytesIO(weights) as buffer:
        with h5py.File(buffer, "r+") as file:
            file.attrs[_FEATURES] = features
            file.attrs[_INPUT] = np.array(network.input_shape[1:], np.int64)
        return buffer.getvalue()


def gives_other_features(weights: bytes, network: keras.Model) -> bool:
    """Tell whether a network gives other features of the fixed picture than those noted in its file of weights.

    A file without such a note, or of a network with another input, tells nothing: the answer is no.

    Args:
        weights: The file. Untrusted.
        network: With the weights of this file.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            noted, shape = _numbers(file, _FEATURES), _numbers(file, _INPUT)
    except H5_FAULTS:
        return False
    if noted is None or shape is None or tuple(shape.tolist()) != _input_shape(network):
        return False
    features = features_of_fixed_picture(network)
    if features is None or features.shape != noted.shape:
        return True
    return not float(np.abs(features - noted).max()) <= MAX_DIFFERENCE * float(np.abs(noted).max())


def other_features_words(name: str) -> str:
    """Say that a file of weights holds others than its note tells of."""
    return f"With {name}, this network gives other features of a fixed picture than when featx saved the file."


def _numbers(file: h5py.File, name: str) -> np.ndarray | None:
    """Read a few numbers; None where there are none, or something else."""
    if name not in file.attrs:
        return None
    found = file.attrs.get_id(name)
    if len(found.shape) != 1 or not 1 <= found.shape[0] <= MAX_VALUES or found.dtype.kind not in "fiu":
        return None
    return np.asarray(file.attrs[name], np.float64)
