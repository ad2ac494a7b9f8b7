"""The code that runs a model in ONNX: by OpenVINO, without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.networks.own.onnx.layouts import FIRST, LAST, TOKENS
from featx_core.networks.own.onnx.writing import write_onnx
from featx_core.recipes.network_code import NetworkCode

if TYPE_CHECKING:
    from featx_core.networks.own.onnx.extractor import OnnxExtractor
    from featx_core.networks.own.onnx.listing import View

ONNX = "network.onnx"
_POOLING = {"avg": ".mean(axis=(1, 2))", "max": ".max(axis=(1, 2))", "flatten": ".reshape(len(images), -1)", None: ""}


def onnx_code(extractor: OnnxExtractor) -> NetworkCode:
    """Write the lines that run a model in ONNX up to the layer that features come from.

    Args:
        extractor: Its network and tap. The file that is written ends there.
    """
    part, info = extractor.part, extractor.layers[extractor.tap]
    stage = f", {info.stage}" if info.stage else ""
    channels = len(extractor.preprocessing.channel_order)
    shape = f"{channels}, *SIZE" if part.is_channels_first else f"*SIZE, {channels}"
    given = "images.transpose(0, 3, 1, 2)" if part.is_channels_first else "images"
    values = f"compiled({given})[0]"
    if part.batch:
        values = f"np.concatenate([compiled(image[np.newaxis])[0] for image in {given}])"
    code = f'''\
core = openvino.Core()
network = core.read_model(beside("{ONNX}"))  # up to "{info.name}"{stage}
network.reshape([{part.batch or -1}, {shape}])
compiled = core.compile_model(network, "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})


def model(images):
    """Return what the layer gives for preprocessed images."""
    values = {values}
    return {_seen(part.view)}{_POOLING[getattr(extractor.spec, "pooling", None)]}
'''
    return NetworkCode("The model of the user.", code, {ONNX: write_onnx(part.graph)}, "model(preprocess(images))")


def _seen(view: View) -> str:
    """Write how a value is brought to the form that its layer has."""
    if view.axes == FIRST:
        return "values.transpose(0, 2, 3, 1)"
    if view.axes == LAST:
        return "values"
    if view.axes == TOKENS and view.grid is not None:
        first = f"values[:, {view.n_first}:]" if view.n_first else "values"
        return "values[:, 0]" if view.only_first else f"{first}.reshape(len(images), {str(view.shape)[1:-1]})"
    return "values" if view.axes else "values.reshape(len(images), -1)"
