"""Looks at a model in ONNX in full: both gates, its shapes, what it does to its input. Needs OpenVINO."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from featx_core.base.files.file_names import shown_text
from featx_core.networks.engines.openvino_engine import EngineError
from featx_core.networks.initialization import made_up_images
from featx_core.networks.own.allowed import MAX_SHOWN
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.examination import MAX_DIFFERENCE, N_PICTURES, expected_preset, preprocessed, size_of
from featx_core.networks.own.onnx.graph import DOUBLE, FLOAT, FLOAT16, OnnxGraph
from featx_core.networks.own.onnx.network import SQUASHING, OnnxNetwork, input_of
from featx_core.networks.own.onnx.reading import read_onnx

MAKERS = {"pytorch": "PyTorch", "keras": "Keras", "tf2onnx": "tf2onnx"}
_ARITHMETIC = frozenset({"Sub", "Div", "Mul", "Add"})
_STEPS_OVER = frozenset({"Transpose", "Cast", "Identity"})


def examine(content: bytes) -> dict[str, Any]:
    """Read a file in ONNX, take it apart, and run it on made-up images.

    Returns:
        The fields of `ModelFacts`, but for its digest and name, as JSON values.

    Raises:
        ModelFileError: If it cannot be used. The message can follow the name of the file.
    """
    graph = read_onnx(content)
    _check_weights(graph)
    height, width, channels = input_of(graph)
    size = size_of(height, width)
    pictures = preprocessed(made_up_images(np.random.default_rng(0), N_PICTURES, size), channels)
    batches = [_batch(content, size, number, pictures) for number in range(len(graph.outputs))]
    networks = [OnnxNetwork(content, size, number) for number in range(len(graph.outputs))]
    maker, _, version = graph.maker.partition(" ")
    return {
        "format": "onnx",
        "saved_by": f"{MAKERS.get(maker, maker) or 'an unknown program'} {version}".strip(),
        "input_shape": [height or 0, width or 0, channels],
        "outputs": [_output(network) for network in networks],
        "n_parameters": graph.n_parameters,
        "n_layers": len({info.name for network in networks for info in network.layers}),
        "batch": max(batches),
        **_scaling(networks[0], (1, *size, channels)),
        "ratios": {},
        "divergences": {},
    }


def _check_weights(graph: OnnxGraph) -> None:
    """Refuse weights that are no numbers. Infinite ones are usual: what is hidden from attention is one."""
    for name, tensor in graph.tensors.items():
        if tensor.kind in (FLOAT, FLOAT16, DOUBLE) and np.isnan(tensor.values()).any():
            layer = next((node.name for node in graph.nodes if name in node.inputs), "") or name
            raise ModelFileError(f"holds weights that are NaN, in layer `{shown_text(layer, MAX_SHOWN)}`.")


def _batch(content: bytes, size: tuple[int, int], output: int, pictures: np.ndarray) -> int:
    """Return how many images a model takes at once: any number (0) where it gives each image what it gives it alone, else 1."""
    alone = _run(OnnxNetwork(content, size, output, batch=1), pictures)
    if not np.isfinite(alone).all():
        raise ModelFileError("gives values that are not finite for made-up images, so it is not used.")
    try:
        together = _run(OnnxNetwork(content, size, output), pictures)
    except ModelFileError:
        return 1
    scale = float(np.abs(alone).max(initial=0.0)) or 1.0
    is_free = together.shape == alone.shape and float(np.abs(together - alone).max()) <= MAX_DIFFERENCE * scale
    return 0 if is_free else 1


def _run(network: OnnxNetwork, pictures: np.ndarray) -> np.ndarray:
    try:
        return network.engine(len(network.layers) - 1)(pictures)
    except (EngineError, RuntimeError) as error:
        raise ModelFileError("cannot be run by OpenVINO, which runs models in ONNX.") from error


def _output(network: OnnxNetwork) -> dict[str, Any]:
    """Describe an output. A row of several values may be of classes: only a softmax or sigmoid before it says that it is."""
    info = network.layers[-1]
    is_row = len(info.output_shape) == 1 and math.prod(info.output_shape) > 1
    is_squashed = info.kind in SQUASHING
    may_score = is_row and (is_squashed or info.kind in ("Gemm", "MatMul", "Add"))
    return {
        "name": info.name,
        "shape": list(info.output_shape),
        "n_classes": info.output_shape[0] if may_score else 0,
        "needs_names": may_score and not is_squashed,
    }


def _scaling(network: OnnxNetwork, shape: tuple[int, ...]) -> dict[str, Any]:
    """Say what scales the input, and which preset it brings to a usual range."""
    value, is_scaled = _scaled(network.graph)
    if not is_scaled:
        return {"scaling": [], "expects": ""}
    return {"scaling": ["arithmetic"], "expects": expected_preset(network.scaling_engine(value), shape)}


def _scaled(graph: OnnxGraph) -> tuple[str, bool]:
    """Follow the images through arithmetic with constants, up to the first step of another kind, or where ways part."""
    value, is_scaled = graph.inputs[0].name, False
    while len(after := [node for node in graph.nodes if value in node.inputs]) == 1:
        node = after[0]
        is_arithmetic = node.kind in _ARITHMETIC and all(name in graph.tensors for name in node.inputs if name != value)
        if not is_arithmetic and node.kind not in _STEPS_OVER:
            break
        value, is_scaled = node.outputs[0], is_scaled or is_arithmetic
    return value, is_scaled
