"""What a map can be coloured by: properties of the images, and predictions of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from featx_core.images.image_set import ImageRecord


@dataclass(frozen=True)
class Coloring:
    """One fact that every image has.

    Attributes:
        title: Its name with unit, to show.
        value: From a record to the fact; None where it has none.
        is_number: Whether it is a quantity (a colour scale) or a class (a colour each).
    """

    title: str
    value: Callable[[ImageRecord], str | float | None]
    is_number: bool


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


COLORINGS: Mapping[str, Coloring] = MappingProxyType(
    {
        "label": Coloring("Label", lambda record: record.label, is_number=False),
        "brightness": Coloring("Brightness (0 to 100)", lambda record: record.brightness, is_number=True),
        "megapixels": Coloring("Megapixels", lambda record: record.width * record.height / 1e6, is_number=True),
        "aspect": Coloring("Width / height", lambda record: record.width / record.height, is_number=True),
        "format": Coloring("File format", lambda record: record.format, is_number=False),
        "note": Coloring("First note", lambda record: record.notes[0] if record.notes else None, is_number=False),
    }
)
