"""What a map can be coloured by: properties of the images, and predictions of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from featx_core.images.image_set import Matched


@dataclass(frozen=True)
class Coloring:
    """One fact that every image has.

    Attributes:
        title: Its name with unit, to show.
        is_number: Whether it is a quantity (a colour scale) or a class (a colour each).
        of: From the images of rows to the fact of each; None, or NaN for numbers, where there is none.
    """

    title: str
    is_number: bool
    of: Callable[[Matched], Sequence[str | None] | np.ndarray]


@dataclass(frozen=True)
class RunColoring:
    """One fact that a run tells of each image.

    Attributes:
        title: Its name with unit, to show.
        values: One for each row of the features; None where there is none.
        is_number: Whether it is a quantity (a colour scale) or a class (a colour each).
    """

    title: str
    values: tuple[str | float | None, ...]
    is_number: bool = False


def _first_notes(images: Matched) -> Sequence[str | None]:
    return [notes[0] if notes else None for notes in images.texts("notes")]


COLORINGS: Mapping[str, Coloring] = MappingProxyType(
    {
        "label": Coloring("Label", False, lambda images: images.texts("label")),
        "brightness": Coloring("Brightness (0 to 100)", True, lambda images: images.numbers("brightness")),
        "megapixels": Coloring(
            "Megapixels", True, lambda images: images.numbers("width") * images.numbers("height") / 1e6
        ),
        "aspect": Coloring("Width / height", True, lambda images: images.numbers("width") / images.numbers("height")),
        "format": Coloring("File format", False, lambda images: images.texts("format")),
        "note": Coloring("First note", False, _first_notes),
    }
)
