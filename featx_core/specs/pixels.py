"""The spec of raw pixels, to which formulas can be applied without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from featx_core.images.fitting import Fit
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import Spec


@dataclass(frozen=True)
class Pixels(Spec):
    """RGB values from 0 to 1, of images brought to one size. Only ever the source of a `LambdaTransform`.

    Attributes:
        image_size: Height and width that images are brought to.
        fit: How, one of `FITS`: "crop", "stretch", "pad" or "resize_crop".
    """

    method: ClassVar[str] = "pixels"

    image_size: tuple[int, int]
    fit: Fit = "crop"

    @property
    def title(self) -> str:
        """The size."""
        return f"pixels, {' x '.join(map(str, self.image_size))}"

    @property
    def badge(self) -> str:
        """There are no weights."""
        return "a formula, no weights"

    @property
    def picture_input(self) -> PictureInput:
        """Pictures of that size, scaled to 0..1."""
        return PictureInput(self.image_size, self.fit, "unit")
