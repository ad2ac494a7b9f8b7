"""Loads weights from an HDF5 file into a network. The file is untrusted: no code in it is run."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from featx_core.base.files.h5_faults import H5_FAULTS
from featx_core.networks.saved.kinds import CONVERT, N_HEAD_BYTES, why_not_weights
from featx_core.networks.saved.likeness import Likeness, gives_other_features, likeness
from featx_core.networks.saved.matching import Expected, Match, expected_layers, match
from featx_core.networks.saved.models import SavedLayer, is_older_form, older_layers, read_models
from featx_core.networks.saved.refusals import ambiguous, refusal

if TYPE_CHECKING:
    import h5py
    import keras

MAX_WEIGHTS_BYTES = 200_000_000

_MAKE_ANEW = "The network was not changed. Save the weights of a network that computes finite values."


class WeightsError(Exception):
    """Weights that cannot be had, read or used, and what to do, in plain words."""


class LoadedWeights(NamedTuple):
    """What became of a file of weights.

    Attributes:
        left_out: The names of the layers of the file that the network does not have.
        likeness: How those that it has differ in order and names.
        is_other: Whether the network now gives other features than those that featx noted in the file when it saved it.
    """

    left_out: tuple[str, ...]
    likeness: Likeness
    is_other: bool


def load_into(network: keras.Model, source: Path | bytes, name: str, *, is_trusted: bool = False) -> LoadedWeights:
    """Put the weights of a file into a network.

    Two forms are read: `.weights.h5` of Keras 3, and the older `.h5` with weights only, as Keras itself publishes them. The
    network may be the whole file or a model within another, such as the backbone of a fine-tuned model; other layers of the
    file, such as another head, are left out. Every shape is compared before any weight is changed.

    Args:
        network: A flat functional model that featx built. Changed in place, or not at all.
        source: The file, or its bytes.
        name: What to call it in an error.
        is_trusted: Whether the file was checked against a pinned hash: then its size is not limited.

    Returns:
        What the file holds besides, and what may be wrong with how it was matched.

    Raises:
        WeightsError: If the file is too large, is something else, does not fit the network, or holds values that the network
            cannot.
    """
    import h5py

    _check_size(source, name, is_trusted)
    _check_head(source, name)
    try:
        with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
            _check_kind(file, name)
            expected, chosen, left_out = _choose(network, file, name)
            found = likeness(expected, chosen)
            values = [[_read(array) for array in layer.arrays] for layer in chosen]
    except H5_FAULTS as error:
        raise WeightsError(
            f"`{name}` could not be read as a file of Keras weights: it is damaged or in another format."
        ) from error
    for wanted, saved, arrays in zip(expected, chosen, values, strict=True):
        _check_values(wanted.variables, arrays, saved.name, name)
    _assign(expected, values)
    is_other = isinstance(source, bytes) and not left_out and gives_other_features(source, network)
    return LoadedWeights(left_out, found, is_other)


def count_values(path: Path) -> int | None:
    """Count the weights in an `.h5` file of the older form, without reading them. None: it is something else."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return int(sum(math.prod(array.shape) for _, arrays in older_layers(file) for array in arrays.values()))
    except H5_FAULTS:
        return None


def _check_size(source: Path | bytes, name: str, is_trusted: bool) -> None:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_WEIGHTS_BYTES and not is_trusted:
        raise WeightsError(
            f"`{name}` is too large: {size / 1e6:.0f} MB; the limit is {MAX_WEIGHTS_BYTES / 1e6:.0f} MB."
        )


def _check_head(source: Path | bytes, name: str) -> None:
    with io.BytesIO(source[:N_HEAD_BYTES]) if isinstance(source, bytes) else source.open("rb") as file:
        words = why_not_weights(file.read(N_HEAD_BYTES))
    if words:
        raise WeightsError(f"`{name}` {words}")


def _check_kind(file: h5py.File, name: str) -> None:
    if "model_config" in file.attrs or "model_weights" in file:
        raise WeightsError(f"`{name}` is a whole model (.h5), not a file of weights. {CONVERT}")


def _choose(
    network: keras.Model, file: h5py.File, name: str
) -> tuple[Sequence[Expected], list[SavedLayer], tuple[str, ...]]:
    """Choose the model of the file that is the network: the whole file, or the one model within it that fits."""
    models = read_models(file)
    if not models[0].layers:
        raise WeightsError(f"`{name}` is an HDF5 file, but holds no Keras weights. {CONVERT}")
    expected = expected_layers(network, is_older_form=is_older_form(file))
    matches = [match(expected, model) for model in models]
    whole = [found for found in matches if found.is_whole]
    if not whole:
        raise WeightsError(refusal(name, network, expected, matches))
    if len(whole) > 1 and not matches[0].is_whole:
        raise WeightsError(ambiguous(name, whole))
    chosen = _layers(whole[0])
    return expected, chosen, _left_out(models[0].layers, chosen)


def _layers(found: Match) -> list[SavedLayer]:
    return [layer for layer in found.found if layer is not None]


def _left_out(layers: Sequence[SavedLayer], chosen: Sequence[SavedLayer]) -> tuple[str, ...]:
    used = {array.name for layer in chosen for array in layer.arrays}
    return tuple(layer.name for layer in layers if used.isdisjoint(array.name for array in layer.arrays))


def _read(dataset: h5py.Dataset) -> np.ndarray:
    return np.asarray(dataset[()])


def _check_values(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray], label: str, name: str) -> None:
    """Refuse what no network computes with, and what the variables of this one cannot take."""
    for variable, array in zip(variables, arrays, strict=True):
        if not np.isfinite(array).all():
            raise WeightsError(
                f"`{name}` holds values that are not finite, in layer `{label}`: NaN or infinite ones. {_MAKE_ANEW}"
            )
        if not _fits(array, np.dtype(variable.dtype)):
            raise WeightsError(
                f"`{name}` holds values beyond {variable.dtype}, in layer `{label}`: up to {_largest(array):.3g}. {_MAKE_ANEW}"
            )


def _fits(array: np.ndarray, dtype: np.dtype) -> bool:
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return not array.size or bool(array.min() >= limits.min and array.max() <= limits.max)


def _largest(array: np.ndarray) -> float:
    return float(max(array.min(), array.max(), key=abs))


def _assign(expected: Sequence[Expected], values: Sequence[Sequence[np.ndarray]]) -> None:
    for wanted, arrays in zip(expected, values, strict=True):
        for variable, array in zip(wanted.variables, arrays, strict=True):
            variable.assign(array)
        if hasattr(wanted.layer, "finalize_state"):
            wanted.layer.finalize_state()
