"""An extractor that averages or lists augmented copies of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featx_core.augmentation.copies import make_copies
from featx_core.networks.extractor import Extractor, WrappedExtractor

if TYPE_CHECKING:
    from featx_core.specs.augmented import Augmented


class AugmentedExtractor(WrappedExtractor):
    """Another extractor, run on copies of each image. Network, layers and model are those of the other one.

    Args:
        spec: What it was built from.
        base: The other extractor.

    Attributes:
        base: The other extractor.
        output_shape: `(None, *feature_shape)` of one copy.
    """

    spec: Augmented

    def __init__(self, spec: Augmented, base: Extractor) -> None:
        super().__init__(spec, base)
        self.batch_size = max(1, base.batch_size // spec.n_copies)

    @property
    def plain(self) -> Extractor:
        """The other extractor, which knows of no copies."""
        return self.base.plain

    def __call__(self, images: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Compute the features of copies of fitted images.

        Args:
            images: uint8 RGB `(n_images, height, width, 3)` of `image_size`. Not modified.
            batch_size: Images whose copies are made at a time. No more copies than the other extractor takes at once go
                through the network together.

        Returns:
            float32 `(n_images, *feature_shape)`, the means; or `(n_images, n_copies, *feature_shape)`.

        Raises:
            ValueError: If `images` has another shape.
        """
        self._check(images)
        size = batch_size or self.batch_size
        parts = [self._rows(images[start : start + size]) for start in range(0, len(images), size)]
        shape = self.output_shape[1:] if self.spec.rows_per_image == 1 else (self.spec.n_copies, *self.output_shape[1:])
        return np.concatenate(parts) if parts else np.zeros((0, *shape), np.float32)  # type: ignore[arg-type]

    def _rows(self, images: np.ndarray) -> np.ndarray:
        spec = self.spec
        copies = make_copies(
            images, spec.transforms, n_copies=spec.n_copies, seed=spec.seed, with_original=spec.with_original
        )
        flat = copies.reshape(-1, *copies.shape[2:])
        found = self.base(flat, batch_size=min(self.base.batch_size, len(flat)))
        rows = found.reshape(len(images), spec.n_copies, *found.shape[1:])
        return rows if spec.rows_per_image > 1 else rows.mean(axis=1, dtype=np.float64).astype(np.float32)
