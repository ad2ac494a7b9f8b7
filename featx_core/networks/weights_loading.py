"""Weights from an HDF5 file into a network that featx built. The file is not trusted: it is data, never a program."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from featx_core.architecture.layers import snake_case

if TYPE_CHECKING:
    import keras

MAX_WEIGHTS_BYTES = 200_000_000
MAX_LAYERS = 20_000
N_LAYERS_NAMED = 5

CONVERT_HINT = (
    "In Keras, write only its weights with `model.save_weights('name.weights.h5')` and import that file instead."
)

_MAKE_ANEW = "The network was not changed. Save the weights of a network that computes finite values."

_H5_ERRORS = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, UnicodeError, MemoryError)

_Saved = tuple[str, list[h5py.Dataset]]


class WeightsError(Exception):
    """Weights that cannot be had, read or used, and what to do, in plain words."""


def load_into(network: keras.Model, source: Path | bytes, name: str, *, is_trusted: bool = False) -> None:
    """Put the weights of a file into a network.

    Two forms are read: `.weights.h5` of Keras 3, and the older `.h5` with weights only, as Keras itself publishes them.
    Every shape is compared before any weight is changed.

    Args:
        network: A flat functional model that featx built. Changed in place, or not at all.
        source: The file, or its bytes.
        name: What to call it in an error.
        is_trusted: Whether the file was checked against a pinned hash: then its size is not limited.

    Raises:
        WeightsError: If the file is too large, is something else, does not fit the network, or holds values that the network
            cannot.
    """
    _check_size(source, name, is_trusted)
    try:
        with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
            _check_kind(file, name)
            layers, saved = _pair_up(network, file)
            _check_shapes(layers, saved, name)
            values = [[_read(dataset) for dataset in datasets] for _, datasets in saved]
    except _H5_ERRORS as error:
        raise WeightsError(
            f"`{name}` could not be read as a file of Keras weights: it is damaged or something else."
        ) from error
    for (_, variables, _), (label, _), arrays in zip(layers, saved, values, strict=True):
        _check_values(variables, arrays, label, name)
    for (_, variables, layer), arrays in zip(layers, values, strict=True):
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def count_values(path: Path) -> int | None:
    """Count the weights in an `.h5` file of the older form, without reading them. None: it is something else."""
    try:
        with h5py.File(path, "r") as file:
            return sum(math.prod(dataset.shape) for _, datasets in _legacy_layers(file) for dataset in datasets)
    except _H5_ERRORS:
        return None


_Expected = tuple[str, "list[keras.Variable]", "keras.layers.Layer"]


def _check_size(source: Path | bytes, name: str, is_trusted: bool) -> None:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_WEIGHTS_BYTES and not is_trusted:
        raise WeightsError(
            f"`{name}` is too large: {size / 1e6:.0f} MB; the limit is {MAX_WEIGHTS_BYTES / 1e6:.0f} MB."
        )
    with io.BytesIO(source[:2]) if isinstance(source, bytes) else source.open("rb") as file:
        start = file.read(2)
    if start == b"PK":
        raise WeightsError(f"`{name}` is a whole model or an archive, not a file of weights. {CONVERT_HINT}")


def _check_kind(file: h5py.File, name: str) -> None:
    if "model_config" in file.attrs or "model_weights" in file:
        raise WeightsError(f"`{name}` is a whole model, not a file of weights. {CONVERT_HINT}")
    if not _is_legacy(file) and "layers" not in file:
        raise WeightsError(f"`{name}` is an HDF5 file, but holds no Keras weights. {CONVERT_HINT}")


def _pair_up(network: keras.Model, file: h5py.File) -> tuple[list[_Expected], list[_Saved]]:
    """List the layers with weights as the network has them, and as the file has them."""
    if _is_legacy(file):
        expected = [
            (layer.name, layer.trainable_weights + layer.non_trainable_weights, layer) for layer in network.layers
        ]
        return [entry for entry in expected if entry[1]], [entry for entry in _legacy_layers(file) if entry[1]]
    leaves = list(_leaves(network, "layers"))
    expected = [(path.split("/", 1)[1], _variables(layer), layer) for path, layer in leaves]
    saved = [(label, _numbered(file, path)) for (label, _, _), (path, _) in zip(expected, leaves, strict=True)]
    used = [i for i, (_, variables, _) in enumerate(expected) if variables or saved[i][1]]
    return [expected[i] for i in used], [saved[i] for i in used]


def _is_legacy(file: h5py.File) -> bool:
    return "layer_names" in file.attrs or "layer_names0" in file.attrs


def _legacy_layers(file: h5py.File) -> list[_Saved]:
    layers = []
    for label in _names(file, "layer_names"):
        group = _child(file, label, h5py.Group)
        layers.append((label, [_child(group, weight, h5py.Dataset) for weight in _names(group, "weight_names")]))
    return layers


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Read a list of names; long ones are spread over several attributes."""
    if attribute in group.attrs:
        parts = [group.attrs[attribute]]
    else:
        parts = []
        while f"{attribute}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{attribute}{len(parts)}"])
    names = [name.decode("utf-8") if isinstance(name, bytes) else str(name) for part in parts for name in part]
    if len(names) > MAX_LAYERS:
        raise ValueError("too many names")
    return names


def _child(group: h5py.Group, path: str, kind: type) -> h5py.Group | h5py.Dataset:
    """Follow a path by hard links alone: a soft or external link could lead into another file of this machine."""
    item = group
    for part in path.split("/"):
        if not isinstance(item.get(part, getlink=True), h5py.HardLink):
            raise KeyError(path)
        item = item[part]
    if not isinstance(item, kind):
        raise TypeError(path)
    if isinstance(item, h5py.Dataset) and (item.is_virtual or item.external or item.dtype.kind not in "fiu"):
        raise TypeError(path)
    return item


def _leaves(model: keras.Model, path: str) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Walk a model as Keras 3 does when it names what it saves: by class, numbered within each container."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = snake_case(type(layer).__name__)
        number = counts[kind] = counts.get(kind, -1) + 1
        place = f"{path}/{kind}_{number}" if number else f"{path}/{kind}"
        if hasattr(layer, "layers"):
            yield from _leaves(layer, f"{place}/layers")
        else:
            yield place, layer


def _variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    return layer.trainable_weights + layer.non_trainable_weights


def _numbered(file: h5py.File, path: str) -> list[h5py.Dataset]:
    if f"{path}/vars" not in file:
        return []
    group = _child(file, f"{path}/vars", h5py.Group)
    return [_child(group, str(i), h5py.Dataset) for i in range(len(group))]


def _check_shapes(layers: Sequence[_Expected], saved: Sequence[_Saved], name: str) -> None:
    differing = []
    for ours, theirs in zip_longest(layers, saved):
        wanted = [tuple(variable.shape) for variable in ours[1]] if ours else []
        received = [tuple(dataset.shape) for dataset in theirs[1]] if theirs else []
        if wanted != received:
            differing.append(f"`{(ours or theirs)[0]}`: the network has {_words(wanted)}, the file {_words(received)}")
    if not differing:
        return
    rest = len(differing) - N_LAYERS_NAMED
    raise WeightsError(
        f"`{name}` does not fit this network: {len(differing)} of {len(layers)} layers with weights differ. "
        f"{'; '.join(differing[:N_LAYERS_NAMED])}{f'; and {rest} more' if rest > 0 else ''}. "
        "The network was not changed. Choose the backbone and the classifier setting that the file was made with."
    )


def _words(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(str(shape) for shape in shapes) if shapes else "nothing"


def _read(dataset: h5py.Dataset) -> np.ndarray:
    return np.asarray(dataset[()])


def _check_values(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray], label: str, name: str) -> None:
    """Refuse what no network computes with, and what the variables of this one cannot take."""
    for variable, array in zip(variables, arrays, strict=True):
        if not np.isfinite(array).all():
            raise WeightsError(
                f"`{name}` holds values that are no numbers, in layer `{label}`: NaN or infinite ones. {_MAKE_ANEW}"
            )
        if not _fits(array, np.dtype(variable.dtype)):
            raise WeightsError(
                f"`{name}` holds values beyond {variable.dtype}, in layer `{label}`: up to {_largest(array):.3g}. {_MAKE_ANEW}"
            )


def _fits(array: np.ndarray, dtype: np.dtype) -> bool:
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return not array.size or bool(array.min() >= limits.min and array.max() <= limits.max)


def _largest(array: np.ndarray) -> float:
    return max(array.min(), array.max(), key=abs)
