"""One set of colours for several images: what a layer sees as the same part has the same colour."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.base.progress import ProgressCallback
from featx_core.base.wording import counted
from featx_core.heatmaps.cells import find_cells
from featx_core.heatmaps.explain import observations
from featx_core.heatmaps.layers import HeatmapError, choose_layer, describe
from featx_core.heatmaps.overlay import framed, limited, shrunk
from featx_core.heatmaps.pictures import shown_of, size_of
from featx_core.heatmaps.shared.basis import N_COLORS, color_cells
from featx_core.images.fitting import Cells, Placement, place, to_original

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

MAX_VALUES = 2**28
"""Activations that are held at once: 1 GB."""


@dataclass(frozen=True, eq=False)
class SharedColors:
    """The places of several images in one set of colours.

    Attributes:
        colors: float32 `(n_images, grid_height, grid_width, 3)`, RGB in [0, 1], over the images as fitted to the network.
        is_shown: bool `(n_images, grid_height, grid_width)`, False for places that are hidden.
        shares: Of the variance, from 0 to 1, of each component, at most 3.
        cells: Where the places lie on a fitted image, see `find_cells`.
        placements: Where each fitted image lies on its original.
        sizes: Width and height of each original, upright, in pixels.
        layer: The layer, in words.
    """

    colors: np.ndarray
    is_shown: np.ndarray
    shares: tuple[float, ...]
    cells: Cells
    placements: tuple[Placement, ...]
    sizes: tuple[tuple[int, int], ...]
    layer: str = ""

    @property
    def caption(self) -> str:
        """What the colours are, in plain sentences."""
        if not self.shares:
            return f"All places are alike to {self.layer}, so there are no parts to tell apart."
        shares = ", ".join(f"{100 * share:.0f}\u00a0%" for share in self.shares)
        n_found = len(self.shares)
        names = ("Red is", "Red and green are", "Red, green and blue are")[n_found - 1]
        noun = (
            "principal component"
            if n_found == 1
            else f"first {'two' if n_found == 2 else 'three'} principal components"
        )
        return f"{names} the {noun} of all places of these images together ({shares} of the variance) at {self.layer}."

    def overlay(
        self,
        index: int,
        image: ImageRecord | np.ndarray,
        *,
        opacity: float = 1.0,
        longest_side: int | None = None,
    ) -> np.ndarray:
        """Lay the colours on one of the images. Places that are hidden, or that the network did not see, stay as they are.

        Args:
            index: Which of the images.
            image: That image: its record, or it or a smaller version of it, uint8 `(height, width, 3)`. Not modified.
            opacity: Of the colours, 0 (image alone) to 1 (colours alone).
            longest_side: Shrink the result to this many pixels. None keeps the size of `image`.

        Returns:
            uint8 `(height, width, 3)`, RGB.

        Raises:
            ValueError: If `opacity` is out of range.
        """
        if not 0 <= opacity <= 1:
            raise ValueError(f"`opacity` must be from 0 to 1. Received: {opacity}.")
        enough = limited(*self.sizes[index], longest_side)[::-1] if longest_side else None
        picture = shrunk(shown_of(image, at_least=enough), longest_side)
        channels = [self._resized(index, self.colors[index, ..., channel], picture) for channel in range(N_COLORS)]
        colors = 255 * np.stack(channels, axis=-1)
        share = self._resized(index, self.is_shown[index].astype(np.float32), picture)
        seen = np.isfinite(share)
        strength = opacity * np.where(seen, share, 0.0)[..., np.newaxis]
        blended = (1 - strength) * picture.astype(np.float32) + strength * np.where(seen[..., np.newaxis], colors, 0.0)
        return framed(np.rint(np.clip(blended, 0, 255)).astype(np.uint8), seen)

    def _resized(self, index: int, grid: np.ndarray, picture: np.ndarray) -> np.ndarray:
        height, width = picture.shape[:2]
        return to_original(grid, self.cells, self.placements[index], width, height)

    def to_bytes(self) -> bytes:
        """Write the colours as npz, without pickle."""
        facts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        colors, is_shown = facts.pop("colors"), facts.pop("is_shown")
        facts["cells"] = dataclasses.asdict(self.cells)
        facts["placements"] = [placement.box for placement in self.placements]
        buffer = io.BytesIO()
        np.savez_compressed(buffer, colors=colors, is_shown=is_shown, facts=np.array(json.dumps(facts)))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> SharedColors:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            arrays = unpack_arrays(content)
            facts = json.loads(str(arrays["facts"]))
            cells = {name: tuple(value) for name, value in facts["cells"].items()}
            return cls(
                arrays["colors"],
                arrays["is_shown"],
                tuple(facts["shares"]),
                Cells(**cells),
                tuple(Placement(tuple(box)) for box in facts["placements"]),
                tuple((width, height) for width, height in facts["sizes"]),
                facts["layer"],
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(
                "`content` must be what `SharedColors.to_bytes` wrote. Received something else."
            ) from error


def shared_colors(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    *,
    layer: int | str | None = None,
    hide: str = "nothing",
    on_progress: ProgressCallback | None = None,
) -> SharedColors:
    """Colour the places of several images so that what a layer sees as the same part has the same colour in each.

    The colours are the first three principal components of all places of all images together, see `color_cells`.

    Args:
        images: Records, or uint8 `(height, width, 3)` RGB arrays of any sizes. Not modified.
        extractor: Network and preprocessing, as returned by `build`.
        layer: Index, stage alias or name of a layer with height and width. None takes the last one on the way to the
            features.
        hide: "nothing", or "low" or "high" for the places on one side of the first component, which often are the
            background.
        on_progress: Called with images done and images in all.

    Raises:
        ValueError: If there are no images, or `hide` is unknown.
        HeatmapError: If the network or the layer has no height and width, or there is too much to hold.

    Reference:
        Oquab et al. 2023, DINOv2, arXiv:2304.07193, figure 1.
    """
    if not images:
        raise ValueError("`images` must hold at least one image. Received none.")
    info = choose_layer(extractor, layer)
    _check_amount(len(images), info)
    cells = find_cells(extractor, info)
    seen = observations(images, extractor, info, None, on_progress)
    activations = np.stack([observation.activations for _, observation in seen])
    sizes = tuple(size_of(image) for image in images)
    placements = tuple(place(width, height, extractor.image_size, extractor.fit) for width, height in sizes)
    is_inside = np.stack([_inside(activations.shape[1:3], cells, placement) for placement in placements])
    found = color_cells(activations, is_inside=is_inside, hide=hide)
    return SharedColors(found.colors, found.is_shown, found.shares, cells, placements, sizes, describe(info))


def _check_amount(n_images: int, layer: LayerInfo) -> None:
    n_values = n_images * int(np.prod(layer.output_shape))
    if n_values > MAX_VALUES:
        raise HeatmapError(
            f"{counted(n_images, 'image')} {'gives' if n_images == 1 else 'give'} {n_values} values at {describe(layer)}; "
            f"the limit is {MAX_VALUES}. Pick fewer images or a later layer."
        )


def _inside(size: tuple[int, ...], cells: Cells, placement: Placement) -> np.ndarray:
    """Say which cells have their centre in the image, and not in the borders that "pad" adds: bool `(height, width)`."""
    left, top, right, bottom = placement.box
    down = top + np.clip(cells.first[0] + cells.step[0] * np.arange(size[0]), 0, 1) * (bottom - top)
    across = left + np.clip(cells.first[1] + cells.step[1] * np.arange(size[1]), 0, 1) * (right - left)
    return np.asarray(((down >= 0) & (down <= 1))[:, np.newaxis] & ((across >= 0) & (across <= 1)))
