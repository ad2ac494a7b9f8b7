"""Preset expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Preset:
    """A chain of expressions to begin with.

    Attributes:
        title: What it does, in a few words.
        expressions: The steps.
        needs_places: Whether it needs an image or a map.
    """

    title: str
    expressions: tuple[str, ...]
    needs_places: bool = False


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "square": Preset("Square, as in the tutorial", ("x ** 2",)),
        "log": Preset("Compress large values", ("log(1 + abs(x))",)),
        "clip": Preset("Clip to 0..1", ("clip(x, 0, 1)",)),
        "unit": Preset("Length 1", ("x / norm(x)",)),
        "power": Preset("Signed square root, then L2 norm 1", ("sign(x) * sqrt(abs(x))", "normalize(x)")),
        "standard": Preset("Mean 0, standard deviation 1", ("standardize(x)",)),
        "edges": Preset("Edges", ("grayscale(x)", "sobel(blur(x, 1))"), needs_places=True),
        "hog": Preset("Oriented gradients (HOG)", ("hog(x)",), needs_places=True),
        "colors": Preset("Colour histogram", ("histogram(x, 16)",), needs_places=True),
        "spectrum": Preset(
            "Spectrum", ("grayscale(x)", "fft_magnitude(standardize(x))", "log(0.001 + x)"), needs_places=True
        ),
        "thumbnail": Preset("Tiny image", ("pool(x, 8)", "flatten(x)"), needs_places=True),
    }
)
