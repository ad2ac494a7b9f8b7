"""How an image becomes the input of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from featx_core.images.fitting import fit_image
from featx_core.images.preprocessing import PREPROCESSING, NetworkInput, Preprocessing, describe_input

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class PictureInput:
    """The size that images are brought to, how they are fitted to it, and their preprocessing.

    Attributes:
        image_size: Height and width of the network's input.
        fit: One of `FITS`.
        preprocessing_name: A key of `PREPROCESSING`.
    """

    image_size: tuple[int, int]
    fit: str
    preprocessing_name: str

    @property
    def preprocessing(self) -> Preprocessing:
        """What happens to the numbers of a fitted image."""
        return PREPROCESSING[self.preprocessing_name]

    def of(self, pixels: np.ndarray) -> NetworkInput:
        """Return what the network receives for one image.

        Args:
            pixels: uint8 RGB `(height, width, 3)`. Not modified.
        """
        return describe_input(fit_image(pixels, self.image_size, self.fit), self.preprocessing)
