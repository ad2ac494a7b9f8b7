"""Where the object is, drawn by hand on bundled photographs before any heatmap was seen, and how to score heat by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image

from research.embedded_v1.evaluation.held_out.colors import grey
from research.embedded_v1.evaluation.photographs import photographs

LONGEST_SIDE, MULTIPLE = 224, 16  # pixels
CROP = 0.75
AREA = (0.05, 0.6)
"""Pictures of which the boxes cover less or more are left out: they tell little."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of width and height."""

BOXES: Mapping[str, tuple[Box, ...]] = MappingProxyType(
    {
        "china": ((0.10, 0.07, 0.55, 0.91),),  # pagoda
        "flower": ((0.26, 0.20, 0.70, 0.83), (0.45, 0.89, 0.72, 1.0)),  # two blossoms
        "astronaut": ((0.30, 0.02, 0.59, 0.36), (0.72, 0.0, 0.88, 0.48)),  # head, shuttle
        "camera": ((0.0, 0.12, 0.63, 1.0),),  # man with camera
        "chelsea": ((0.29, 0.28, 0.47, 0.52), (0.65, 0.36, 0.77, 0.56), (0.50, 0.74, 0.62, 0.90)),  # eyes, nose
        "clock_motion": ((0.35, 0.30, 0.70, 0.72),),  # the blurred clock
        "coffee": ((0.28, 0.04, 0.70, 0.60), (0.53, 0.59, 0.68, 0.83)),  # cup, spoon
        "motorcycle_left": ((0.12, 0.20, 0.93, 0.92),),  # motorcycle
        "rocket": ((0.46, 0.29, 0.54, 1.0),),  # rocket
        "cell": ((0.64, 0.45, 0.92, 0.69),),  # cell
    }
)


@dataclass(frozen=True)
class Framing:
    """One picture with boxes.

    Args:
        photograph: Its number.
        image: uint8 RGB `(height, width, 3)`.
        mask: bool `(height, width)`, inside a box.
    """

    photograph: int
    image: np.ndarray
    mask: np.ndarray


def framings() -> tuple[Framing, ...]:
    """Make every photograph whole and as four crops of 75 % of its sides, where the boxes cover 5 to 60 %."""
    found = []
    for number, (name, boxes) in enumerate(BOXES.items()):
        image = photographs()[name]
        for crop in _crops(image, _mask(image.shape[:2], boxes)):
            framing = _framing(number, *crop)
            if AREA[0] <= framing.mask.mean() <= AREA[1]:
                found.append(framing)
    return tuple(found)


def heat_ratio(heat: np.ndarray, framing: Framing) -> float:
    """Divide the share of heat inside the boxes by their share of the area; an even map gives 1.

    Args:
        heat: float `(map_height, map_width)`. Not modified; scaled to 0 to 1 and resized bilinearly here.
        framing: Image and boxes.
    """
    height, width = framing.mask.shape
    spread = float(heat.max() - heat.min())
    if spread == 0:
        return 1.0
    scaled = ((heat - heat.min()) / spread).astype(np.float32)
    large = np.asarray(Image.fromarray(scaled).resize((width, height), Image.Resampling.BILINEAR))
    return float(large[framing.mask].sum() / large.sum() / framing.mask.mean())


def heat_ratios(heat: Callable[[np.ndarray], np.ndarray], pictures: tuple[Framing, ...]) -> np.ndarray:
    """Score the heat of one method on every picture, float64 `(n_pictures,)`."""
    return np.array([heat_ratio(heat(each.image), each) for each in pictures])


def centred_gaussian(image: np.ndarray) -> np.ndarray:
    """Put the heat in the middle, whatever the picture shows; standard deviation: a quarter of each side."""
    y, x = (np.linspace(-2, 2, side) for side in image.shape[:2])
    return np.exp(-(y[:, None] ** 2 + x[None] ** 2) / 2)


def gradient_magnitude(image: np.ndarray) -> np.ndarray:
    """Put the heat where luminance changes."""
    return np.hypot(*np.gradient(grey(image)))


def _mask(shape: tuple[int, ...], boxes: tuple[Box, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], bool)
    for left, top, right, bottom in boxes:
        rows = slice(round(top * shape[0]), round(bottom * shape[0]))
        mask[rows, round(left * shape[1]) : round(right * shape[1])] = True
    return mask


def _crops(image: np.ndarray, mask: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    yield image, mask
    height, width = (round(CROP * side) for side in mask.shape)
    for rows in (slice(None, height), slice(-height, None)):
        for columns in (slice(None, width), slice(-width, None)):
            yield image[rows, columns], mask[rows, columns]


def _framing(number: int, image: np.ndarray, mask: np.ndarray) -> Framing:
    scale = LONGEST_SIDE / max(mask.shape)
    height, width = (MULTIPLE * round(side * scale / MULTIPLE) for side in mask.shape)
    resized = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
    return Framing(number, resized, np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST)))
