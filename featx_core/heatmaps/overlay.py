"""A heatmap, and its overlay on an image."""

from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.pictures import shown_of
from featx_core.images.fitting import Cells, Placement, to_original

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord

OPACITY = 0.7
"""Of the colours where the map is highest: the image below stays recognizable."""

CLEAR, FULL = 0.2, 0.9
"""The colours fade in between these values of a map: below the first the image is bare."""

FRAME = ((20, 20, 20), (255, 255, 255))
"""Colours of the two lines around what the network saw, the outer one first: one of them is seen on any image."""


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
        width, height = limited(self.width, self.height, 256)
        return float(np.isfinite(self.resized(width, height)).mean())

    @property
    def seen_sentence(self) -> str:
        """What the frame of the overlay means, with the share that the network saw; empty where it saw the whole image."""
        if self.seen == 1:
            return ""
        return f"The network saw the part inside the frame, {100 * self.seen:.0f}\u00a0% of the image."

    def overlay(
        self,
        image: ImageRecord | np.ndarray,
        *,
        opacity: float = OPACITY,
        colormap: str = "viridis",
        longest_side: int | None = None,
    ) -> np.ndarray:
        """Lay the map, coloured, on its image: clear where it is low, strong where it is high.

        What the network did not see stays as it is, outside a frame.

        Args:
            image: The record; or the original or a smaller version of it, uint8 `(height, width, 3)`. Not modified.
            opacity: Of the colours where the map is highest, 0 (image alone) to 1 (colours alone).
            colormap: One of `featx_core.base.palette.SEQUENTIAL_SCALES`.
            longest_side: Shrink the result to this many pixels. None keeps the size of `image`.

        Returns:
            uint8 `(height, width, 3)`, RGB.

        Raises:
            ValueError: If the image has another shape than the original, or a parameter is out of range.
        """
        pixels = shown_of(image, at_least=self._enough(longest_side))
        self._check(pixels, opacity, longest_side)
        picture = shrunk(pixels, longest_side)
        values = self.resized(picture.shape[1], picture.shape[0])
        seen = np.isfinite(values)
        values = np.where(seen, values, 0.0)
        strength = opacity * faded(values)[..., np.newaxis]
        blended = (1 - strength) * picture.astype(np.float32) + strength * colored(values, colormap)
        return framed(np.rint(blended).astype(np.uint8), seen)

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
            arrays = unpack_arrays(content)
            facts = json.loads(str(arrays["facts"]))
            cells = Cells(**_tuples(facts.pop("cells")))
            placement = Placement(**_tuples(facts.pop("placement")))
            return cls(grid=arrays["grid"], cells=cells, placement=placement, **facts)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("`content` must be what `Heatmap.to_bytes` wrote. Received something else.") from error

    def _enough(self, longest_side: int | None) -> tuple[int, int] | None:
        """Return the `(height, width)` to decode at least."""
        return limited(self.width, self.height, longest_side)[::-1] if longest_side else None

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


def faded(values: np.ndarray) -> np.ndarray:
    """Turn values in [0, 1] into shares of the opacity, in [0, 1]: smoothly from none at `CLEAR` to all at `FULL`."""
    share = np.clip((values - CLEAR) / (FULL - CLEAR), 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share))


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


def framed(picture: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Draw a frame along the inner edge of what was seen, unless that is all, or too little to hold a frame."""
    from PIL import Image, ImageDraw

    line = max(1, round(max(picture.shape) / 250))
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if seen.all() or min(len(rows), len(columns)) < 8 * line:
        return picture
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])
    framed = Image.fromarray(picture)
    draw = ImageDraw.Draw(framed)
    draw.rectangle((left, top, right, bottom), outline=FRAME[0], width=line)
    draw.rectangle((left + line, top + line, right - line, bottom - line), outline=FRAME[1], width=line)
    return np.asarray(framed)


def shrunk(image: np.ndarray, longest_side: int | None) -> np.ndarray:
    """Shrink an image, uint8 `(height, width, 3)`, until its longest side is at most this many pixels; None leaves it."""
    from PIL import Image

    height, width = image.shape[:2]
    size = limited(width, height, longest_side)
    if size == (width, height):
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def limited(width: int, height: int, longest_side: int | None) -> tuple[int, int]:
    """Return width and height shrunk until the longest side is at most this many pixels; None leaves them."""
    scale = min(1.0, longest_side / max(width, height)) if longest_side else 1.0
    return max(1, round(width * scale)), max(1, round(height * scale))


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
