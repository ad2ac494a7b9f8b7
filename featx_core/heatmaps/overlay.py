"""A heatmap, and its overlay on an image."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.pictures import pixels_of
from featx_core.images.fitting import Cells, Placement, to_original

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
UNSEEN = 0.45
"""Brightness at which the parts of an image that the network did not see are drawn, in grey."""


@dataclass(frozen=True, eq=False)
class Heatmap:
    """One scaled map for one image.

    Attributes:
        grid: float32 `(grid_height, grid_width)` in [0, 1], over the image as fitted to the network.
        cells: Where its cells lie on the fitted image, see `cells_of`.
        placement: Where the fitted image lies on the original.
        width: Of the original image, upright, in pixels.
        height: Of the original image, upright, in pixels.
        title: What it draws, such as "activation energy" or "Grad-CAM for feature 3".
        layer: The layer it is drawn from, in words.
        low: What 0 stands for, in the units of the layer (activation energy, for instance).
        high: What 1 stands for. Each map is scaled by itself: equal colours in two maps are equal only if these are.
        note: What is special about it, in a plain sentence, such as "Flat: ...". Else empty.
    """

    grid: np.ndarray
    cells: Cells
    placement: Placement
    width: int
    height: int
    title: str
    layer: str = ""
    low: float = 0.0
    high: float = 1.0
    note: str = ""

    @property
    def values(self) -> np.ndarray:
        """The map at the original's size: float32 `(height, width)` in [0, 1], NaN where the network did not look."""
        return self.resized(self.width, self.height)

    def resized(self, width: int, height: int) -> np.ndarray:
        """Return `values` for the original scaled to another size: float32 `(height, width)`."""
        return np.asarray(np.clip(to_original(self.grid, self.cells, self.placement, width, height), 0.0, 1.0))

    @property
    def seen(self) -> float:
        """Share of the image that the network saw, in [0, 1]: below 1 where a crop cut margins off."""
        width, height = _limited(self.width, self.height, 256)
        return float(np.isfinite(self.resized(width, height)).mean())

    def overlay(
        self,
        image: ImageRecord | np.ndarray,
        *,
        opacity: float = 0.5,
        colormap: str = "viridis",
        longest_side: int | None = None,
        grey: bool = False,
    ) -> np.ndarray:
        """Blend the map, coloured, on its image.

        Where the network did not look the image is dark grey, so that this cannot be taken for a low value.

        Args:
            image: The record; or the original or a smaller version of it, uint8 `(height, width, 3)`. Not modified.
            opacity: Of the colours, 0 (image alone) to 1 (colours alone).
            colormap: One of `featx_core.base.palette.SEQUENTIAL_SCALES`.
            longest_side: Shrink the result to this many pixels. None keeps the size of `image`.
            grey: Whether the image is drawn in grey, so that all colours are those of the map.

        Returns:
            uint8 `(height, width, 3)`, RGB.

        Raises:
            ValueError: If the image has another shape than the original, or a parameter is out of range.
        """
        pixels = pixels_of(image, at_least=self._enough(longest_side))
        self._check(pixels, opacity, longest_side)
        picture = _shrunk(pixels, longest_side).astype(np.float32)
        if grey:
            picture = np.repeat(picture @ LUMA[:, np.newaxis], 3, axis=-1)
        values = self.resized(picture.shape[1], picture.shape[0])
        unseen = np.isnan(values)
        blended = (1 - opacity) * picture + opacity * colored(np.where(unseen, 0.0, values), colormap)
        blended[unseen] = UNSEEN * picture[unseen].mean(axis=-1, keepdims=True)
        return np.rint(blended).astype(np.uint8)

    def to_bytes(self) -> bytes:
        """Write the heatmap as npz, without pickle."""
        facts = dataclasses.asdict(self)
        grid = facts.pop("grid")
        buffer = io.BytesIO()
        np.savez_compressed(buffer, grid=grid, facts=np.array(json.dumps(facts)))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Heatmap:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                facts = json.loads(str(arrays["facts"]))
                cells = Cells(**_tuples(facts.pop("cells")))
                placement = Placement(**_tuples(facts.pop("placement")))
                return cls(grid=arrays["grid"], cells=cells, placement=placement, **facts)
        except (ValueError, TypeError, KeyError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise ValueError("`content` must be what `Heatmap.to_bytes` wrote. Received something else.") from error

    def _enough(self, longest_side: int | None) -> tuple[int, int] | None:
        """Return the `(height, width)` to decode at least."""
        return _limited(self.width, self.height, longest_side)[::-1] if longest_side else None

    def _check(self, image: np.ndarray, opacity: float, longest_side: int | None) -> None:
        height, width = image.shape[:2]
        if abs(width * self.height - height * self.width) > 2 * max(self.height, self.width):
            raise ValueError(
                f"`image` must show the same image, {self.width} x {self.height} pixels or that shape scaled. "
                f"Received: {width} x {height}."
            )
        if not 0 <= opacity <= 1:
            raise ValueError(f"`opacity` must be from 0 to 1. Received: {opacity}.")
        if longest_side is not None and longest_side < 1:
            raise ValueError(f"`longest_side` must be at least 1. Received: {longest_side}.")


def colored(values: np.ndarray, colormap: str) -> np.ndarray:
    """Turn values in [0, 1] of any shape into RGB: float32 `(*shape, 3)` from 0 to 255.

    Raises:
        ValueError: If there is no such colour map.
    """
    if colormap not in SEQUENTIAL_SCALES:
        raise ValueError(f"There is no colour map {colormap!r}. The colour maps are: {', '.join(SEQUENTIAL_SCALES)}.")
    from plotly.colors import get_colorscale

    positions, colors = zip(*get_colorscale(colormap), strict=True)
    stops = np.array([list(bytes.fromhex(color[1:])) for color in colors])
    channels = [np.interp(values, positions, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _shrunk(image: np.ndarray, longest_side: int | None) -> np.ndarray:
    from PIL import Image

    height, width = image.shape[:2]
    size = _limited(width, height, longest_side)
    if size == (width, height):
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def _limited(width: int, height: int, longest_side: int | None) -> tuple[int, int]:
    scale = min(1.0, longest_side / max(width, height)) if longest_side else 1.0
    return max(1, round(width * scale)), max(1, round(height * scale))


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
