"""Looks at a model of the user in full: both gates, its shapes, what it does to its input. Needs Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.compat import functional_of, inputs_of, operation_of
from featx_core.base.keras_setup import load_keras
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.initialization import made_up_images
from featx_core.networks.own.container import open_container
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.flattening import flatten
from featx_core.networks.own.limits import FREE_SIDE, MAX_SIDE
from featx_core.networks.own.loading import check_network, check_parameters, input_of, load_model

if TYPE_CHECKING:
    import keras

N_PICTURES = 4
MAX_DIFFERENCE = 1e-4
"""Between the model and its flat form, as a share of the largest value."""

TINY, HUGE = 1e-30, 1e30
SCALING = ("Rescaling", "Normalization")
_ARITHMETIC = ("TrueDivide", "Divide", "Multiply", "Subtract", "Add")
USUAL = 10.0
SQUASHING = ("softmax", "sigmoid")
WHOLE = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
_COMPUTING = ("Conv", "Dense", "Einsum", "Attention", "Embedding")


def examine(content: bytes) -> dict[str, Any]:
    """Load a `.keras` file, take it apart, and run it on made-up images.

    Returns:
        The fields of `ModelFacts`, but for its digest and name, as JSON values.

    Raises:
        ModelFileError: If it cannot be used. The message can follow the name of the file.
    """
    model = load_model(content)
    check_parameters(model)
    height, width, channels = input_of(model)
    size = size_of(height, width)
    pictures = made_up_images(np.random.default_rng(0), N_PICTURES, size)
    found = functional_of(model)
    outputs: list[Any] = [] if found is None else found.outputs
    networks = [check_network(flatten(model, size, number)) for number in range(len(outputs))]
    if not networks:
        raise ModelFileError("has no output.")
    network = networks[0]
    takes_whole = found is not None and str(found.inputs[0].dtype) in WHOLE
    inputs = preprocessed(pictures, channels)
    _compare(model, networks, np.rint(255 * inputs) if takes_whole else inputs)
    return {
        "format": "keras",
        "saved_by": f"Keras {open_container(content).keras_version}",
        "input_shape": [height or 0, width or 0, channels],
        "outputs": [_output(network) for network in networks],
        "n_parameters": int(sum(np.prod(variable.shape) for variable in model.weights)),
        "n_layers": len({layer.name for network in networks for layer in network.layers}),
        **(_of_whole_numbers(network) if takes_whole else _scaling(network)),
        **_fits(network, pictures, channels),
    }


def size_of(height: int | None, width: int | None) -> tuple[int, int]:
    """Return the size of images to try a model with: its own, where it has one.

    Raises:
        ModelFileError: If it is too large.
    """
    size = height or width or FREE_SIDE, width or height or FREE_SIDE
    if max(size) > MAX_SIDE:
        raise ModelFileError(f"takes images of {size[0]} x {size[1]}; the limit is {MAX_SIDE} x {MAX_SIDE}.")
    return size


def preprocessed(pictures: np.ndarray, channels: int) -> np.ndarray:
    """Make what a model of so many channels receives, where nothing is known of it."""
    return PREPROCESSING["unit" if channels == 3 else "unit_grey"](pictures)


def _compare(model: keras.Model, networks: list[keras.Model], inputs: np.ndarray) -> None:
    """Refuse a model whose flat form gives something else."""
    try:
        expected = load_keras().tree.flatten(model(inputs, training=False))
    except Exception as error:  # of whatever library computes
        raise ModelFileError("cannot be run by Keras: a layer of it fails on an image.") from error
    for network, values in zip(networks, expected, strict=True):
        values = np.asarray(values, np.float32)
        found = np.asarray(network(inputs, training=False))
        scale = float(np.abs(values).max(initial=0.0)) or 1.0
        if found.shape != values.shape or not float(np.abs(found - values).max(initial=0.0)) <= MAX_DIFFERENCE * scale:
            raise ModelFileError(
                "gives other values once models within it are opened, or values that are not finite, so it is not used."
            )


def _output(network: keras.Model) -> dict[str, Any]:
    last = operation_of(network.output)
    shape = list(network.output.shape[1:])
    name = "softmax" if type(last).__name__ == "Softmax" else getattr(getattr(last, "activation", None), "__name__", "")
    is_classifier = name in SQUASHING and len(shape) == 1 and shape[0] > 1
    return {"name": last.name, "shape": shape, "n_classes": shape[0] if is_classifier else 0}


def _way(network: keras.Model) -> list[keras.Operation]:
    """List the operations from the input on, up to the first that computes with weights, or that branches."""
    following: dict[int, list[Any]] = {}
    for operation in network.operations:
        for tensor in inputs_of(operation.output):
            following.setdefault(id(tensor), []).append(operation)
    way, tensor = [], network.input
    while len(after := following.get(id(tensor), [])) == 1 and not _computes(after[0]):
        way.append(after[0])
        tensor = after[0].output
    return way


def _computes(operation: keras.Operation) -> bool:
    return any(word in type(operation).__name__ for word in _COMPUTING)


def _scaling(network: keras.Model) -> dict[str, Any]:
    """Say what scales the input, and which preset it brings to a usual range."""
    way = _way(network)
    kinds = [type(operation).__name__ for operation in way]
    words = ["arithmetic" if kind in _ARITHMETIC else kind for kind in kinds if kind in (*SCALING, *_ARITHMETIC)]
    return {"scaling": list(dict.fromkeys(words)), "expects": _expected(network, way[-1].output) if words else ""}


def _of_whole_numbers(network: keras.Model) -> dict[str, Any]:
    """Say the same of a model whose input is of whole numbers: it was made for the values that images have."""
    return {"scaling": ["whole numbers as input", *_scaling(network)["scaling"]], "expects": "none"}


def _expected(network: keras.Model, scaled: keras.KerasTensor) -> str:
    before = load_keras().Model(network.input, scaled)
    shape = (1, *network.input.shape[1:])
    return expected_preset(lambda images: np.asarray(before(images, training=False)), shape)


def expected_preset(scaled: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> str:
    """Say which preset a model's own scaling brings to a usual range, by the largest values of both.

    Args:
        scaled: From images to what the model computes with, which is seldom beyond `USUAL`.
        shape: Of one image, with the batch.

    Returns:
        "none", "unit", or an empty text where neither fits.
    """
    for preset, largest in (("none", 255.0), ("unit", 1.0)):
        if np.abs(scaled(np.full(shape, largest, np.float32))).max() <= USUAL:
            return preset
    return ""


def _fits(network: keras.Model, pictures: np.ndarray, channels: int) -> dict[str, dict[str, float]]:
    """Compare what the first batch normalization receives with what it saw, for each preset."""
    first = next((layer for layer in network.layers if type(layer).__name__ == "BatchNormalization"), None)
    if first is None:
        return {"ratios": {}, "divergences": {}}
    before = load_keras().Model(network.input, first.input)
    ratios, divergences = {}, {}
    for name, row in PREPROCESSING.items():
        if len(row.channel_order) == channels:
            values = np.asarray(before(row(pictures), training=False), np.float64)
            ratios[name], divergences[name] = _fit(values.reshape(-1, values.shape[-1]), first)
    return {"ratios": ratios, "divergences": divergences}


def _fit(values: np.ndarray, normalization: keras.layers.BatchNormalization) -> tuple[float, float]:
    """Return the ratio of variances and the divergence, each the median over the channels."""
    mean, seen = np.asarray(normalization.moving_mean), np.asarray(normalization.moving_variance, np.float64)
    seen = np.maximum(seen, TINY)
    ratio = np.maximum(values.var(axis=0), TINY) / seen
    divergence = (ratio + (values.mean(axis=0) - mean) ** 2 / seen - 1 - np.log(ratio)) / 2
    return tuple(float(min(np.median(each), HUGE)) for each in (ratio, divergence))  # type: ignore[return-value]
