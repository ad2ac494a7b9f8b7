"""Training images, decoded and fitted on demand, optionally augmented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.augmentation.copies import augment, image_seeds
from featx_core.augmentation.transforms import Transforms
from featx_core.learning.batches import Batch

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

HELD_BYTES = 512 * 1024**2
"""Fitted images are held in memory up to this size in all; others are decoded again in each epoch."""


class Pictures:
    """Fitted images of some images.

    Args:
        images: The images.
        extractor: Brings images to the size of its network.
    """

    def __init__(self, images: Sequence[ImageRecord], extractor: Extractor) -> None:
        height, width = extractor.image_size
        self.images = images
        self._extractor = extractor
        self._held: dict[int, np.ndarray] = {}
        self._may_hold = HELD_BYTES // (3 * height * width)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return some of them, uint8 `(n_rows, height, width, 3)`."""
        return np.stack([self._fitted(int(row)) for row in rows])

    def changed(self, rows: np.ndarray, transforms: Transforms, seed: int, time: int) -> np.ndarray:
        """Return some of them, changed at random: each time otherwise, and for the same seed and time the same."""
        pictures = self[rows]
        if not transforms:
            return pictures
        seeds = image_seeds([self.images[int(row)].digest for row in rows], seed, time + 1)[:, time]
        return augment(pictures, transforms, seeds=seeds)

    def _fitted(self, row: int) -> np.ndarray:
        if row in self._held:
            return self._held[row]
        record = self.images[row]
        fitted = record.fitted(self._extractor.image_size, self._extractor.fit)
        if len(self._held) < self._may_hold:
            self._held[row] = fitted
        return fitted


class PictureBatches:
    """Batches of preprocessed images with their classes, as `featx_core.training.Batches`.

    Args:
        images: Fitted images.
        rows: Which of them.
        codes: The class of each image of `pictures`.
        weights: The weight of each image of `pictures`.
        extractor: Preprocesses.
        batch_size: Images a batch.
        seed: Of the order and of the changes. None keeps the order and changes nothing.
        transforms: The changes.
    """

    def __init__(
        self,
        pictures: Pictures,
        rows: np.ndarray,
        codes: np.ndarray,
        weights: np.ndarray,
        extractor: Extractor,
        *,
        batch_size: int,
        seed: int | None = None,
        transforms: Transforms = (),
    ) -> None:
        self._pictures, self._rows, self._codes, self._weights = pictures, rows, codes, weights
        self._extractor, self._batch_size, self._seed, self._transforms = extractor, batch_size, seed, transforms

    def __len__(self) -> int:
        """Count the batches of one epoch."""
        return -(-len(self._rows) // self._batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Return the batches of one epoch, from 0."""
        rows = self._rows
        if self._seed is not None:
            rows = np.random.default_rng([self._seed, number]).permutation(rows)
        for start in range(0, len(rows), self._batch_size):
            part = rows[start : start + self._batch_size]
            if self._seed is None:
                pictures = self._pictures[part]
            else:
                pictures = self._pictures.changed(part, self._transforms, self._seed, number)
            yield self._extractor.preprocess(pictures), self._codes[part], self._weights[part]
