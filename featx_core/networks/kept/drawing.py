"""OpenVINO's operations, by the few steps that the networks whose weights are at hand are made of."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from featx_core.networks.engines.openvino_engine import Graph, load_openvino


class Drawing:
    """A network that is drawn step by step, from images `(n_images, height, width, 3)`.

    Inside, channels come before rows and columns, as in OpenVINO's convolutions.

    Args:
        arrays: Weights by "<layer>/<variable>", shaped as Keras has them.
        image_size: Height and width of the input.

    Attributes:
        image: The input.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], image_size: tuple[int, int]) -> None:
        load_openvino()
        from openvino import opset13

        self._ops = opset13
        self._arrays = arrays
        self._source = opset13.parameter([-1, *image_size, 3], np.float32, name="images")
        self.image = opset13.transpose(self._source, np.array([0, 3, 1, 2]))

    def affine(self, x: Any, scale: float, offset: float) -> Any:
        """Multiply by a number and add one."""
        return self._ops.add(self._ops.multiply(x, np.float32(scale)), np.float32(offset))

    def convolve(self, x: Any, layer: str, *, strides: int = 1, norm: str, epsilon: float) -> Any:
        """Convolve with the kernel of a layer, padded as `"same"`, and normalize as another layer does."""
        kernel, bias = self._folded(self._arrays[f"{layer}/kernel"].transpose(3, 2, 0, 1), norm, epsilon)
        return self._ops.add(self._ops.convolution(x, kernel, *self._window(strides)), bias)

    def convolve_centred(self, x: Any, layer: str, *, strides: int = 1) -> Any:
        """Convolve with as much padding on each side as half the kernel, and add the bias."""
        kernel = self._arrays[f"{layer}/kernel"].transpose(3, 2, 0, 1)
        around = [kernel.shape[2] // 2] * 2
        convolved = self._ops.convolution(x, np.ascontiguousarray(kernel), [strides] * 2, around, around, [1, 1])
        return self._ops.add(convolved, self._arrays[f"{layer}/bias"].reshape(1, -1, 1, 1))

    def convolve_each(self, x: Any, layer: str, *, strides: int, norm: str, epsilon: float) -> Any:
        """Convolve each channel with a kernel of its own, padded as `"same"`, and normalize."""
        kernel, bias = self._folded(self._arrays[f"{layer}/kernel"].transpose(2, 3, 0, 1), norm, epsilon)
        return self._ops.add(self._ops.group_convolution(x, kernel[:, np.newaxis], *self._window(strides)), bias)

    def rectify(self, x: Any, limit: float | None = None) -> Any:
        """Set what is below zero to zero, and what is above a limit to that."""
        return self._ops.relu(x) if limit is None else self._ops.clamp(x, 0.0, limit)

    def add(self, x: Any, y: Any) -> Any:
        """Add two maps."""
        return self._ops.add(x, y)

    def average(self, x: Any) -> Any:
        """Average each channel: `(n_images, n_channels)`."""
        return self._ops.reduce_mean(x, np.array([2, 3]), False)

    def dense(self, x: Any, layer: str) -> Any:
        """Multiply vectors by the kernel of a layer and add its bias."""
        kernel = np.ascontiguousarray(self._arrays[f"{layer}/kernel"])
        return self._ops.add(self._ops.matmul(x, kernel, False, False), self._arrays[f"{layer}/bias"])

    def graph(self, features: Any, last_map: Any) -> Graph:
        """Return the network that gives vectors, and after them a map `(n_images, height, width, n_channels)`."""
        openvino = load_openvino()
        outputs = [features, self._ops.transpose(last_map, np.array([0, 2, 3, 1]))]
        model = openvino.Model([self._ops.result(output) for output in outputs], [self._source])
        with tempfile.TemporaryDirectory(prefix="featx-graph") as folder:
            path = Path(folder) / "graph.xml"
            openvino.serialize(model, path, path.with_suffix(".bin"))
            return Graph(path.read_bytes(), np.fromfile(path.with_suffix(".bin"), np.uint8))

    def _folded(self, kernel: np.ndarray, norm: str, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
        """Fold a normalization into the kernel before it, whose first axis are the channels."""
        gamma, beta, mean, variance = (
            self._arrays[f"{norm}/{name}"].astype(np.float64)
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + epsilon)
        folded = kernel * scale[:, np.newaxis, np.newaxis, np.newaxis]
        bias = (beta - mean * scale).reshape(1, -1, 1, 1)
        return np.ascontiguousarray(folded, np.float32), bias.astype(np.float32)

    def _window(self, strides: int) -> tuple[list[int], list[int], list[int], list[int], str]:
        """Strides, paddings (overruled), dilations and the rule of padding: an odd row goes below and to the right."""
        return [strides] * 2, [0, 0], [0, 0], [1, 1], "same_upper"
