"""A random sample of images, fitted to a network's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.wording import counted, spaced
from featx_core.images.decoding import ImageError
from featx_core.measures.neighbors import at_unit_length

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.networks.extractor import Extractor

MAX_VALUES = 64_000_000
"""Numbers that the features of the sample may hold together: a quarter of a gigabyte."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Some images, each content once, in the order of their digests.

    Attributes:
        fitted: uint8 `(n_images, height, width, 3)`, at the size of the network.
        names: The name of each.
        digests: SHA-256 of each.
        notes: Sentences on what was left out.
    """

    fitted: np.ndarray
    names: tuple[str, ...]
    digests: tuple[str, ...]
    notes: tuple[str, ...]


def draw_sample(images: ImageSet, extractor: Extractor, max_images: int) -> Sample:
    """Choose images by their digests, so that order and names play no part, and read them.

    Args:
        images: All images. Equal files count once.
        extractor: Whose size they are brought to; features of very many numbers bound the sample further.
        max_images: The most.
    """
    distinct = sorted({record.digest: record for record in images}.values(), key=lambda record: record.digest)
    n_values = max(1, int(np.prod([side or 1 for side in extractor.output_shape[1:]])))
    limit = min(max_images, max(8, MAX_VALUES // n_values))
    read = [(record, _read(record, extractor)) for record in distinct[:limit]]
    known = [(record, pixels) for record, pixels in read if pixels is not None]
    height, width = extractor.image_size
    return Sample(
        np.stack([pixels for _, pixels in known]) if known else np.zeros((0, height, width, 3), np.uint8),
        tuple(record.name for record, _ in known),
        tuple(record.digest for record, _ in known),
        tuple(_notes(len(distinct), len(read), len(known))),
    )


class Passes:
    """Runs images through an extractor and counts them.

    Args:
        extractor: Network and preprocessing.
        total: Images that will go through in all.
        on_progress: Called with images done and images in all, after each batch.
    """

    def __init__(self, extractor: Extractor, total: int, on_progress: ProgressCallback | None) -> None:
        self._extractor = extractor
        self._report = on_progress or (lambda done, total: None)
        self._done, self._total = 0, total
        self._report(0, total)

    def __call__(self, fitted: np.ndarray) -> np.ndarray:
        """Compute one row of length 1 for each fitted image; where there are several copies, of their mean.

        Returns:
            float64 `(n_images, n_features)`.

        Raises:
            ValueError: If features are not finite.
        """
        size = self._extractor.batch_size
        vectors = np.concatenate([self._rows(fitted[start : start + size]) for start in range(0, len(fitted), size)])
        if not np.isfinite(vectors).all():
            raise ValueError("Some features are not finite, so distances and neighbours are meaningless.")
        return at_unit_length(vectors)

    def _rows(self, fitted: np.ndarray) -> np.ndarray:
        rows = self._extractor(fitted, batch_size=len(fitted))
        self._done += len(fitted)
        self._report(self._done, self._total)
        rows = rows.mean(axis=1, dtype=np.float64) if self._extractor.spec.rows_per_image > 1 else rows
        return rows.reshape(len(fitted), -1)


def _read(record: ImageRecord, extractor: Extractor) -> np.ndarray | None:
    try:
        return record.fitted(extractor.image_size, extractor.fit)
    except (ImageError, KeyError):
        return None


def _notes(n_distinct: int, n_drawn: int, n_known: int) -> list[str]:
    notes = []
    if n_drawn < n_distinct:
        notes.append(f"Measured on {spaced(n_drawn)} of {spaced(n_distinct)} images, drawn at random.")
    if n_known < n_drawn:
        notes.append(f"{counted(n_drawn - n_known, 'image')} could not be read and left out.")
    return notes
