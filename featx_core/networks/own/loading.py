"""Gate 2: Keras builds the model, first without weights, then with them. For a process that may die of it, and the worker."""

from __future__ import annotations

import copy
import json
import math
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.compat import functional_of, layers_within
from featx_core.base.files.file_names import shown_text
from featx_core.base.files.h5_faults import H5_FAULTS
from featx_core.base.keras_setup import load_keras, same_random_state, without_weights
from featx_core.networks.own.allowed import MAX_SHOWN
from featx_core.networks.own.container import Container, open_container, weights_of
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.flattening import flatten
from featx_core.networks.own.limits import CHANNELS, MAX_PARAMETERS, MAX_VALUES_A_LAYER
from featx_core.networks.own.weights_header import check_weights

if TYPE_CHECKING:
    import keras


def outline_model(content: bytes, size: tuple[int, int], output: int = 0) -> keras.Model:
    """Build the flat network of a `.keras` file without weights, for its shapes alone.

    Raises:
        ModelFileError: If it is no such file, or too large. The message can follow the name of the file.
    """
    with without_weights():
        network = flatten(_without_weights(open_container(content)), size, output, with_weights=False)
    return check_network(network)


def load_model(content: bytes) -> keras.Model:
    """Load a `.keras` file as Keras does, with its safe mode on, after both gates.

    Raises:
        ModelFileError: If it is no such file, names what is not allowed, or is too large. The message can follow the name of
            the file.
    """
    container = open_container(content)
    weights = weights_of(content)
    check_weights(weights)
    with without_weights():
        check_parameters(_without_weights(container))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        with zipfile.ZipFile(path, "w") as archive:  # what was walked, and nothing else
            archive.writestr("config.json", json.dumps(container.config))
            archive.writestr("metadata.json", json.dumps({"keras_version": container.keras_version}))
            archive.writestr("model.weights.h5", weights)
        try:
            with same_random_state():
                model = load_keras().saving.load_model(path, compile=False, safe_mode=True)
        except H5_FAULTS as error:
            raise ModelFileError("cannot be loaded by Keras: its parts or its weights do not fit together.") from error
    _check_values(model)
    return model


def _check_values(model: keras.Model) -> None:
    """Refuse weights with which nothing can be computed; values beyond float32 are infinite by now."""
    for layer in layers_within(model):
        if not all(np.isfinite(np.asarray(weight)).all() for weight in layer.weights):
            name = shown_text(layer.name, MAX_SHOWN)
            raise ModelFileError(f"holds weights that are NaN, infinite or too large for float32, in layer `{name}`.")


def check_parameters(model: keras.Model) -> None:
    """Refuse a model that would need too much memory.

    Raises:
        ModelFileError: With the number of its parameters.
    """
    n_parameters = sum(math.prod(variable.shape) for variable in model.variables)
    if n_parameters > MAX_PARAMETERS:
        raise ModelFileError(f"has {n_parameters / 1e6:.3g} M parameters; the limit is {MAX_PARAMETERS / 1e6:.0f} M.")


def check_network(network: keras.Model) -> keras.Model:
    """Refuse a flat network with layers whose outputs have no fixed shape, or would need too much memory."""
    for layer in network.operations:  # with those that are no layers, such as a sum
        shape, name = layer.output.shape[1:], shown_text(layer.name, MAX_SHOWN)
        if None in shape:
            raise ModelFileError(f"has a layer without a fixed output shape, `{name}`.")
        if math.prod(shape) > MAX_VALUES_A_LAYER:
            raise ModelFileError(f"is too large: layer `{name}` gives {math.prod(shape):.2g} values an image.")
    return network


def input_of(model: keras.Model) -> tuple[int | None, int | None, int]:
    """Return height, width and channels of the input, None where any number goes.

    Raises:
        ModelFileError: If it takes something else than one image.
    """
    network = functional_of(model)
    if network is None:
        raise ModelFileError("does not say which shape its input has. Give the model an `Input`, and save it again.")
    shapes = [tuple(tensor.shape) for tensor in network.inputs]
    if len(shapes) != 1:
        raise ModelFileError(f"takes {len(shapes)} inputs. featx gives a network one image.")
    if len(shapes[0]) != 4 or shapes[0][-1] not in CHANNELS:
        raise ModelFileError(f"takes an input of shape {_shape(shapes[0])}, no image of 1 or 3 channels.")
    return shapes[0][1], shapes[0][2], int(shapes[0][3])


def _without_weights(container: Container) -> Any:
    config = copy.deepcopy(container.config)  # Keras takes parts out of it
    try:
        with same_random_state():
            return load_keras().saving.deserialize_keras_object(config, safe_mode=True)
    except H5_FAULTS as error:
        raise ModelFileError("cannot be built by Keras: its parts do not fit together.") from error


def _shape(sides: Sequence[int | None]) -> str:
    return " x ".join("any" if side is None else str(side) for side in sides[1:])
