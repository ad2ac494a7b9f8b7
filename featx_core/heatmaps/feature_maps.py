"""The feature maps of a layer, channel by channel, as one image."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.heatmaps.layers import choose_layer, describe
from featx_core.heatmaps.observation import observer
from featx_core.heatmaps.overlay import colored
from featx_core.heatmaps.pictures import fitted_of

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

MAX_TILES = 64
TILE_SIDE = 72  # pixels that the longer side of a tile has at least
GAP = 2  # pixels between tiles
GAP_GREY = 128  # between the light and the dark theme
SCALES = ("shared", "channel")


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """The strongest channels of one layer for one image.

    Attributes:
        maps: float32 `(n_maps, height, width)`, strongest first, at most 64.
        channels: int `(n_maps,)`: the number of each map's channel in the layer.
        energies: float32 `(n_channels,)`, by channel number: the square root of the sum over places of squares.
        layer: The layer, in words.
    """

    maps: np.ndarray
    channels: np.ndarray
    energies: np.ndarray
    layer: str

    @property
    def n_channels(self) -> int:
        """Channels of the layer, shown or not."""
        return len(self.energies)

    def mosaic(self, *, scale: str = "shared", colormap: str = "viridis", n_tiles: int = MAX_TILES) -> Mosaic:
        """Lay the maps out as one image, row by row, strongest first.

        Args:
            scale: "shared": one range for all tiles, so that they can be compared. "channel": each tile by itself, so
                that weak channels show their pattern too.
            colormap: One of `featx_core.base.palette.SEQUENTIAL_SCALES`.
            n_tiles: The most tiles to show.

        Raises:
            ValueError: If a parameter is out of range.
        """
        if scale not in SCALES:
            raise ValueError(f"`scale` must be one of {', '.join(SCALES)}. Received: {scale!r}.")
        if not 1 <= n_tiles <= MAX_TILES:
            raise ValueError(f"`n_tiles` must be from 1 to {MAX_TILES}. Received: {n_tiles}.")
        maps = np.where(np.isfinite(self.maps[:n_tiles]), self.maps[:n_tiles], 0.0)
        axes = None if scale == "shared" else (1, 2)
        low, high = maps.min(axis=axes, keepdims=True), maps.max(axis=axes, keepdims=True)
        span = np.where(high > low, high - low, 1.0)
        pixels, n_columns = _tiled((maps - low) / span, colormap)
        return Mosaic(pixels, n_columns, self.channels[:n_tiles], scale, self._caption(maps, scale))

    def _caption(self, maps: np.ndarray, scale: str) -> str:
        n_dead = int(np.sum(self.energies == 0))
        ranges = {
            "shared": f"All tiles share one scale, from {maps.min():.3g} to {maps.max():.3g}.",
            "channel": "Each tile has its own scale: compare patterns, not colours.",
        }
        dead = f" {n_dead} channels are 0 everywhere in this image." if n_dead else ""
        finite = "" if np.isfinite(self.energies).all() else " Values that are not finite are drawn as 0."
        return f"{len(maps)} of {self.n_channels} channels, strongest first. {ranges[scale]}{dead}{finite}"

    def to_bytes(self) -> bytes:
        """Write the feature maps as npz, without pickle."""
        buffer = io.BytesIO()
        facts = np.array(json.dumps({"layer": self.layer}))
        np.savez_compressed(buffer, maps=self.maps, channels=self.channels, energies=self.energies, facts=facts)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> FeatureMaps:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            arrays = unpack_arrays(content)
            layer = json.loads(str(arrays["facts"]))["layer"]
            return cls(arrays["maps"], arrays["channels"], arrays["energies"], layer)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("`content` must be what `FeatureMaps.to_bytes` wrote. Received something else.") from error


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Feature maps as one image.

    Attributes:
        pixels: uint8 `(height, width, 3)`, RGB.
        n_columns: Tiles in a row.
        channels: int `(n_tiles,)`: which channel each tile is, row by row.
        scale: "shared" or "channel".
        caption: What is shown and on which scale, in plain sentences.
    """

    pixels: np.ndarray
    n_columns: int
    channels: np.ndarray
    scale: str
    caption: str


def feature_maps(
    image: ImageRecord | np.ndarray, extractor: Extractor, *, layer: int | str | None = None
) -> FeatureMaps:
    """Return what each channel of a layer responds to in an image, strongest channels first.

    Args:
        image: A record of a workspace, or uint8 `(height, width, 3)` RGB. Not modified.
        extractor: Network and preprocessing, as returned by `build`.
        layer: Index, stage alias or name of a layer with height and width. None takes the last one on the way to the
            features.

    Raises:
        HeatmapError: If the network or the layer has no height and width.
    """
    info = choose_layer(extractor, layer)
    fitted = fitted_of(image, extractor)
    return strongest(observer(extractor, info)(fitted[np.newaxis])[0].activations, describe(info))


def strongest(activations: np.ndarray, layer: str = "") -> FeatureMaps:
    """Sort channels by energy; equal ones keep their order.

    Args:
        activations: float `(height, width, n_channels)`, the output of one layer for one image. Not modified.
        layer: What to call the layer.
    """
    energies = np.linalg.norm(activations.reshape(-1, activations.shape[-1]).astype(np.float64), axis=0)
    channels = np.argsort(-np.nan_to_num(energies, posinf=0.0), kind="stable")[:MAX_TILES]
    maps = np.moveaxis(activations, -1, 0)[channels]
    return FeatureMaps(maps.astype(np.float32), channels, energies.astype(np.float32), layer)


def _tiled(values: np.ndarray, colormap: str) -> tuple[np.ndarray, int]:
    """Enlarge maps in [0, 1], `(n, height, width)`, by whole pixels and set them side by side."""
    n_maps, height, width = values.shape
    factor = max(1, math.ceil(TILE_SIDE / max(height, width)))
    height, width = height * factor, width * factor
    n_columns = math.ceil(math.sqrt(n_maps))
    n_rows = math.ceil(n_maps / n_columns)
    size = (n_rows * (height + GAP) - GAP, n_columns * (width + GAP) - GAP, 3)
    pixels = np.full(size, GAP_GREY, np.uint8)
    tiles = np.rint(colored(values, colormap)).astype(np.uint8).repeat(factor, axis=1).repeat(factor, axis=2)
    for index, tile in enumerate(tiles):
        top, left = index // n_columns * (height + GAP), index % n_columns * (width + GAP)
        pixels[top : top + height, left : left + width] = tile
    return pixels, n_columns
