"""The kernels of the first convolution of a network, as images."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor

MAX_TILES = 64
TILE_SIDE = 44  # pixels that the longer side of a tile has at least
GAP = 8  # pixels between tiles, transparent
VARIABLES = {"Conv2D": "kernel", "SeparableConv2D": "depthwise_kernel", "DepthwiseConv2D": "kernel"}
"""The layers that slide patterns, and the weights that hold them."""


@dataclass(frozen=True, eq=False)
class Kernels:
    """The patterns of the first convolution.

    Attributes:
        values: float32 `(n_patterns, height, width, n_channels)`; a single channel where each pattern looks at one.
        layer: The name of the layer.
    """

    values: np.ndarray
    layer: str

    def picture(self) -> np.ndarray:
        """Draw the patterns side by side, at most 64: uint8 `(height, width, 4)`, transparent between them.

        A weight of 0 is mid-grey, the largest weight of a pattern, whatever its sign, black or white: each pattern has its
        own scale. Patterns of three channels are drawn in colour: a pattern that is orange looks for orange.
        """
        values = self.values[:MAX_TILES].astype(np.float64)
        peaks = np.abs(values).max(axis=(1, 2, 3), keepdims=True)
        tiles = 0.5 + values / (2 * np.where(peaks > 0, peaks, 1.0))
        pixels = np.rint(255 * np.broadcast_to(tiles, (*tiles.shape[:3], 3))).astype(np.uint8)
        return _tiled(pixels)

    @property
    def caption(self) -> str:
        """What is drawn, in plain sentences."""
        n_all, (height, width) = len(self.values), self.values.shape[1:3]
        part = f"the first {MAX_TILES} of {n_all}" if n_all > MAX_TILES else f"all {n_all}"
        colors = "in colour" if self.values.shape[3] == 3 else "brighter where the weight is positive"
        return (
            f"What {self.layer} looks for: {part} patterns of {height} x {width}, {colors}. A weight of 0 is mid-grey; "
            "each kernel has its own scale. Untrained kernels look like noise; trained ones often show edges and "
            "colours."
        )

    def to_bytes(self) -> bytes:
        """Write them as npz, without pickle."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, values=self.values, layer=np.array(self.layer))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Kernels:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            arrays = unpack_arrays(content)
            return cls(arrays["values"], str(arrays["layer"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("`content` must be what `Kernels.to_bytes` wrote. Received something else.") from error


def first_kernels(extractor: Extractor) -> Kernels:
    """Return the patterns of the first convolution that looks at the image itself.

    Raises:
        ValueError: If there is none: the first layer with weights is of another kind.
    """
    for info, layer in zip(extractor.layers, extractor.network.layers, strict=True):
        if info.kind in VARIABLES and layer.input.shape[-1] in (1, 3):
            return Kernels(_patterns(np.asarray(getattr(layer, VARIABLES[info.kind])), info.kind), info.name)
        if info.n_parameters and info.kind != "BatchNormalization":
            break
    raise ValueError("No convolution of this network is applied to the image itself, so there are no kernels to show.")


def _patterns(kernel: np.ndarray, kind: str) -> np.ndarray:
    """From `(height, width, inputs, outputs)` to patterns; a depthwise layer has one for each input and output."""
    if kind == "Conv2D":
        return np.moveaxis(kernel, -1, 0).astype(np.float32)
    height, width = kernel.shape[:2]
    return np.moveaxis(kernel.reshape(height, width, -1), -1, 0)[..., np.newaxis].astype(np.float32)


def _tiled(tiles: np.ndarray) -> np.ndarray:
    """Enlarge images `(n, height, width, 3)` by whole pixels and set them side by side, wider than high."""
    n_tiles, height, width = tiles.shape[:3]
    factor = max(1, math.ceil(TILE_SIDE / max(height, width)))
    tiles = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    height, width = height * factor, width * factor
    n_columns = min(n_tiles, 16)
    n_rows = math.ceil(n_tiles / n_columns)
    size = (n_rows * (height + GAP) - GAP, n_columns * (width + GAP) - GAP, 4)
    pixels = np.zeros(size, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // n_columns * (height + GAP), index % n_columns * (width + GAP)
        pixels[top : top + height, left : left + width, :3] = tile
        pixels[top : top + height, left : left + width, 3] = 255
    return pixels
