"""Near-duplicates and colour histograms, both from thumbnails and without any network."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.base.progress import ProgressCallback
from featx_core.images.decoding import ImageError
from featx_core.images.image_set import ImageGoneError, ImageRecord

SIDE = 16  # pixels of the tiny image
BINS = 8  # a colour channel
ROWS_AT_ONCE = 1_000
PRODUCTS_AT_ONCE = 20_000_000
"""Pairs that are looked at together: they bound memory, and how long nobody is asked whether to go on."""
_PAIRS_AT_ONCE = 2_000_000
MAX_THUMBNAIL_SIDE = 1_024  # pixels

RELATIVE_DIFFERENCE = 0.13
"""Of how much the images vary: what re-encoding, resizing and brightening change. Different drawings of one digit in
8 x 8 pixels, the most alike of all images tried, differ by 0.17."""

NOISE = 0.006
"""What a strong JPEG compression changes in any image, from 0 to 1."""

RELATIVE_SCALE = 0.3
"""By how much the variation of the images may differ, as a share of it."""

SHIFT = 0.12
"""By how much the mean colours may differ, from 0 to 1."""


@dataclass(frozen=True, eq=False)
class Sketches:
    """What is read off the thumbnails of some images, in their order.

    Attributes:
        images: float32 `(n_images, 16 * 16, 3)`: tiny images, from 0 to 1.
        color_histograms: float32 `(n_images, 512)`: roots of the shares of 8 x 8 x 8 colours.
    """

    pictures: np.ndarray
    color_histograms: np.ndarray

    def to_bytes(self) -> bytes:
        """Write them as a NumPy archive."""
        out = io.BytesIO()
        np.savez_compressed(out, pictures=self.pictures, color_histograms=self.color_histograms)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            arrays = unpack_arrays(content)
            return cls(arrays["pictures"], arrays["color_histograms"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("These bytes are not stored thumbnails.") from error


def sketch(images: Sequence[ImageRecord], *, on_progress: ProgressCallback | None = None) -> Sketches:
    """Read hashes, tiny images and colour histograms off the thumbnails of images.

    Args:
        images: With thumbnails. Equal files are read once.
        on_progress: Called with images done and images in all.
    """
    pictures = np.empty((len(images), SIDE * SIDE, 3), np.float32)
    histograms = np.empty((len(images), BINS**3), np.float32)
    first: dict[str, int] = {}
    for row, image in enumerate(images):
        known = first.setdefault(image.digest, row)
        if known < row:
            pictures[row], histograms[row] = pictures[known], histograms[known]
        else:
            tiny, histograms[row] = _sketch_of(image)
            pictures[row] = tiny.reshape(SIDE * SIDE, 3)
        if on_progress is not None:
            on_progress(row + 1, len(images))
    return Sketches(pictures, histograms)


def color_histograms(images: Sequence[ImageRecord]) -> np.ndarray:
    """Describe images by their colours alone: the baseline that a network should beat.

    Returns:
        float32 `(n_images, 512)`: for each of 8 x 8 x 8 colours the root of its share of the pixels. The cosine of two
        rows is their Bhattacharyya coefficient.
    """
    return sketch(images).color_histograms


def duplicate_groups(
    images: Sequence[ImageRecord] | Sketches,
    *,
    digests: Sequence[str] | None = None,
    on_progress: ProgressCallback | None = None,
) -> np.ndarray:
    """Find equal files and near-duplicates: the same image in another size, format, quality or brightness.

    Two images belong together when their tiny images are alike but for what such changes do; groups are what hangs
    together by such pairs. Mirrored and strongly cropped images are not found.

    Args:
        images: With thumbnails, or what `sketch` gave for them.
        digests: Of the files, when `images` are sketches; equal ones belong together in any case.
        on_progress: Called with images compared and images in all.

    Returns:
        int64 `(n_images,)`: for each image the row of the first image of its group.
    """
    sketches = images if isinstance(images, Sketches) else sketch(images)
    if digests is None and not isinstance(images, Sketches):
        digests = [image.digest for image in images]
    different, alike = _different(sketches.pictures)
    groups = np.arange(len(sketches.pictures))
    pairs = [_equal(digests or []), alike]
    are_all = len(different) == len(groups)
    for pair in _alike(sketches.pictures if are_all else sketches.pictures[different], on_progress):
        pairs.append(different[pair])
        if sum(map(len, pairs)) > _PAIRS_AT_ONCE:
            groups, pairs = _joined(groups, np.concatenate(pairs)), []
    return _joined(groups, np.concatenate(pairs)) if pairs else groups


def _joined(groups: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Join the groups that pairs of rows, int `(n_pairs, 2)`, hold together; each is named by its first row."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_images = len(groups)
    ends = np.vstack([groups[pairs], np.stack([np.arange(n_images), groups], axis=1)])
    graph = coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(n_images, n_images))
    _, component = connected_components(graph, directed=False)
    _, first_of = np.unique(component, return_index=True)
    return np.asarray(first_of[component].astype(np.int64))


def _different(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows no two of which have the very same tiny image, and pairs that join all others to them."""
    first: dict[bytes, int] = {}
    places = [first.setdefault(hashlib.sha256(picture.tobytes()).digest(), row) for row, picture in enumerate(pictures)]
    pairs = np.stack([np.array(places, np.int64), np.arange(len(pictures))], axis=1)
    is_read = np.isfinite(pictures[:, 0, 0]) if len(pictures) else np.zeros(0, bool)
    return np.array(sorted(first.values()), np.int64), pairs[(pairs[:, 0] < pairs[:, 1]) & is_read]


def count_duplicates(groups: np.ndarray) -> tuple[int, int]:
    """Count the groups of more than one image, and the images in them.

    >>> count_duplicates(np.array([0, 0, 2, 3, 3, 3]))
    (2, 5)
    """
    sizes = np.unique(groups, return_counts=True)[1]
    return int(np.sum(sizes > 1)), int(np.sum(sizes[sizes > 1]))


def _sketch_of(image: ImageRecord) -> tuple[np.ndarray, np.ndarray]:
    """Read one image. One that is damaged in its workspace is like no other, and has no colours."""
    try:
        return _sketch_one(image.thumbnail())
    except ImageGoneError:
        raise
    except Exception:
        return np.full((SIDE, SIDE, 3), np.nan, np.float32), np.zeros(BINS**3)


def _sketch_one(thumbnail: bytes) -> tuple[np.ndarray, np.ndarray]:
    with Image.open(io.BytesIO(thumbnail), formats=("WEBP",)) as opened:
        if max(opened.size) > MAX_THUMBNAIL_SIDE:
            raise ImageError("is no thumbnail")
        picture = opened.convert("RGB")
    tiny = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32) / 255
    shades = np.asarray(picture).reshape(-1, 3) // (256 // BINS)
    counts = np.bincount(shades @ np.array([BINS**2, BINS, 1]), minlength=BINS**3)
    return tiny, np.sqrt(counts / counts.sum())


def _alike(pictures: np.ndarray, on_progress: ProgressCallback | None = None) -> Iterator[np.ndarray]:
    """Pairs of rows whose tiny images are alike, int `(n_pairs, 2)`, the lower row first.

    With the variations v of two images, s² = vv' and G the mean of their product, each less its mean colour, the root
    mean square difference at equal variation is at most NOISE + RELATIVE_DIFFERENCE s where
    G >= (1 - RELATIVE_DIFFERENCE²/2) vv' - NOISE RELATIVE_DIFFERENCE s - NOISE²/2: one matrix product for all pairs.
    """
    means = pictures.mean(axis=1)
    n_values = math.prod(pictures.shape[1:])
    right = np.empty((len(pictures), n_values + 2), pictures.dtype)  # of many images, a further copy would be a lot
    rest = right[:, :n_values]
    np.subtract(pictures, means[:, None], out=rest.reshape(pictures.shape))
    rest /= np.sqrt(n_values)
    variation = np.linalg.norm(rest, axis=1, keepdims=True)
    root = np.sqrt(variation)
    right[:, n_values:] = np.hstack([variation, root])
    tail = np.hstack([(RELATIVE_DIFFERENCE**2 / 2 - 1) * variation, NOISE * RELATIVE_DIFFERENCE * root])
    n_rows = max(1, min(ROWS_AT_ONCE, PRODUCTS_AT_ONCE // max(len(pictures), 1)))
    for start in range(0, len(pictures), n_rows):
        left = np.hstack([rest[start : start + n_rows], tail[start : start + n_rows]])
        rows, columns = np.nonzero(left @ right[start:].T >= -(NOISE**2) / 2)
        first, second = rows + start, columns + start
        shift = np.abs(means[first] - means[second]).max(axis=1, initial=0)
        scale = np.abs(variation[first, 0] - variation[second, 0])
        is_near = (
            (first < second) & (shift <= SHIFT) & (scale <= NOISE + RELATIVE_SCALE * root[first, 0] * root[second, 0])
        )
        yield np.stack([first[is_near], second[is_near]], axis=1)
        if on_progress is not None:
            on_progress(min(start + n_rows, len(pictures)), len(pictures))


def _equal(digests: Sequence[str]) -> np.ndarray:
    first: dict[str, int] = {}
    places = [first.setdefault(digest, row) for row, digest in enumerate(digests)]
    return np.stack([np.array(places, np.int64), np.arange(len(digests))], axis=1)
