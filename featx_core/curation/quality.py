"""Images that are unusually dark, bright, blurred, small or elongated for their set."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from featx_core.base.progress import ProgressCallback
from featx_core.curation.storing import Stored
from featx_core.images.image_set import ImageGoneError, ImageRecord

MIN_SCORE = 3.5
"""Robust standard deviations from the median at which a value is unusual (Iglewicz and Hoaglin 1993)."""

SPREADS = {"brightness": 3.0, "sharpness": 0.25, "size": 0.25, "aspect": 0.1}
"""The least standard deviation that is reckoned with, so that nothing stands out in a set that is all alike: points of
brightness, and natural logarithms of the others."""

PROBLEMS = {
    "dark": ("brightness", -1),
    "bright": ("brightness", 1),
    "blurred": ("sharpness", -1),
    "small": ("size", -1),
    "elongated": ("aspect", 1),
}
"""What can be wrong with an image: the value that tells, and on which side of the others it lies."""


@dataclass(frozen=True)
class Quality(Stored):
    """Unusual images of a set.

    Attributes:
        digests: SHA-256 of each unusual image, once for each problem.
        problems: What is unusual, a key of `PROBLEMS`.
        scores: How far from the median of the set, in robust standard deviations, at least `MIN_SCORE`.
        n_images: How many images were looked at.
    """

    digests: tuple[str, ...]
    problems: tuple[str, ...]
    scores: tuple[float, ...]
    n_images: int


def image_quality(images: Sequence[ImageRecord], *, on_progress: ProgressCallback | None = None) -> Quality:
    """Find images that are unusually dark, bright, blurred, small or elongated.

    Each is judged against the median of its own set, in units of 1.4826 times the median absolute deviation. Brightness is
    mean luma; sharpness is the variance of the Laplacian over the variance of the thumbnail, so that contrast plays no part.

    Args:
        images: With thumbnails. Equal files are looked at once.
        on_progress: Called with images done and images in all.

    Reference:
        Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000 (variance of the Laplacian).
        Iglewicz and Hoaglin, "How to detect and handle outliers", 1993 (modified z-scores).
    """
    known = list({image.digest: image for image in images}.values())
    values: dict[str, list[float]] = {name: [] for name in SPREADS}
    for done, image in enumerate(known):
        values["brightness"].append(image.brightness)
        values["sharpness"].append(_sharpness_of(image))
        values["size"].append(float(np.log(min(image.width, image.height))))
        values["aspect"].append(abs(float(np.log(image.width / image.height))))
        if on_progress is not None:
            on_progress(done + 1, len(known))
    found = []
    for problem, (name, side) in PROBLEMS.items():
        scores = side * _robust_scores(np.array(values[name], np.float64), SPREADS[name])
        found += [(problem, float(scores[row]), known[row].digest) for row in np.flatnonzero(scores >= MIN_SCORE)]
    found.sort(key=lambda each: -each[1])
    return Quality(
        tuple(digest for *_, digest in found),
        tuple(problem for problem, *_ in found),
        tuple(score for _, score, _ in found),
        len(known),
    )


def sharpness(gray: np.ndarray) -> float:
    """Return the logarithm of the variance of the Laplacian over the variance; NaN for an image without contrast.

    Args:
        gray: float `(height, width)`, at least 3 x 3. Not modified.
    """
    middle = gray[1:-1, 1:-1]
    laplacian = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:] - 4 * middle
    spread = float(middle.var())
    edges = float(laplacian.var())
    return float(np.log(edges / spread)) if spread > 0 and edges > 0 else float("nan")


def _sharpness_of(image: ImageRecord) -> float:
    """Read one thumbnail. One that cannot be read, or is too small, has no sharpness."""
    try:
        with Image.open(io.BytesIO(image.thumbnail()), formats=("WEBP",)) as opened:
            gray = np.asarray(opened.convert("L"), np.float64)
    except ImageGoneError:
        raise
    except Exception:
        return float("nan")
    return sharpness(gray) if min(gray.shape) >= 3 else float("nan")


def _robust_scores(values: np.ndarray, least: float) -> np.ndarray:
    """Return distances from the median in robust standard deviations, at least `least` each; 0 where a value is missing."""
    if not np.isfinite(values).any():
        return np.zeros(len(values))
    apart = values - np.nanmedian(values)
    scores = apart / max(least, 1.4826 * float(np.nanmedian(np.abs(apart))))
    return np.asarray(np.nan_to_num(scores, nan=0.0))
