"""The competitors: descriptors that nobody trained on labelled pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy import fft

from research.embedded_v1.evaluation.held_out.colors import grey
from research.embedded_v1.evaluation.photographs import INSTALL
from research.embedded_v1.evaluation.tasks import SIDE, Describe
from research.embedded_v1.evaluation.whitened_patches import whitened_patches

N_BINS = 8  # a channel
LBP = ((8, 1), (16, 2), (24, 3))  # points, radius in pixels
N_SCALES, N_ORIENTATIONS = 5, 8
WAVELENGTHS = (4.0, 32.0)  # pixels
BLOCK = 64  # pictures at once


def pixels(images: np.ndarray) -> np.ndarray:
    """Shrink to 32 x 32 pixels: float32 `(n, 3072)`."""
    small = [_shrunk(image) for image in images]
    return np.stack(small).reshape(len(images), -1).astype(np.float32)


def color_histogram(images: np.ndarray) -> np.ndarray:
    """Count 8 x 8 x 8 colours, as the square root of shares: float64 `(n, 512)`.

    >>> color_histogram(np.zeros((1, 112, 112, 3), np.uint8))[0, 0]
    np.float64(1.0)
    """
    levels = images.astype(int) * N_BINS // 256
    codes = (levels[..., 0] * N_BINS + levels[..., 1]) * N_BINS + levels[..., 2]
    counts = [np.bincount(code.ravel(), minlength=N_BINS**3) for code in codes]
    return np.sqrt(np.stack(counts) / SIDE**2)


def lbp(images: np.ndarray) -> np.ndarray:
    """Count uniform local binary patterns at three scales, as the square root of shares: float64 `(n, 54)`.

    Reference:
        Ojala, Pietikainen & Maenpaa 2002, Multiresolution gray-scale and rotation invariant texture classification.
    """
    return np.stack([_lbp(grey(image).round().astype(np.uint8)) for image in images])


def hog(images: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients: float64 `(n, 1296)`.

    Reference:
        Dalal & Triggs 2005.
    """
    try:
        from skimage.feature import hog as of_one
    except ImportError:
        raise ImportError(f"HOG needs scikit-image, which is not installed. {INSTALL}") from None
    return np.stack([of_one(grey(image), 9, (16, 16), (2, 2), block_norm="L2-Hys") for image in images])


def gabor_energies(images: np.ndarray) -> np.ndarray:
    """Mean, standard deviation and means over the quarters of 40 Gabor amplitudes: float32 `(n, 240)`."""
    parts = [_gabor(images[start : start + BLOCK]) for start in range(0, len(images), BLOCK)]
    return np.concatenate(parts)


CLASSICAL: Mapping[str, Describe] = MappingProxyType(
    {
        "pixels": pixels,
        "colour histogram": color_histogram,
        "LBP": lbp,
        "HOG": hog,
        "Gabor energies": gabor_energies,
        "whitened patches": whitened_patches,
    }
)


def _shrunk(image: np.ndarray) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(image).resize((32, 32), Image.Resampling.BOX))


def _lbp(image: np.ndarray) -> np.ndarray:
    try:
        from skimage.feature import local_binary_pattern
    except ImportError:
        raise ImportError(f"LBP needs scikit-image, which is not installed. {INSTALL}") from None
    counts = [
        np.bincount(
            local_binary_pattern(image, n_points, radius, "uniform").astype(int).ravel(), minlength=n_points + 2
        )
        for n_points, radius in LBP
    ]
    return np.sqrt(np.concatenate(counts) / image.size)


@cache
def _filters() -> np.ndarray:
    """Make one-octave Gabor filters in the frequency domain: float32 `(40, 112, 112)`."""
    fy, fx = np.meshgrid(fft.fftfreq(SIDE), fft.fftfreq(SIDE), indexing="ij")
    filters = []
    for frequency in 1 / np.geomspace(*WAVELENGTHS, N_SCALES):
        sigma = frequency / 3 / np.sqrt(2 * np.log(2))  # half the height an octave apart: 2/3 and 4/3 of the frequency
        across = frequency * np.tan(np.pi / 2 / N_ORIENTATIONS) / np.sqrt(2 * np.log(2))
        for angle in np.arange(N_ORIENTATIONS) * np.pi / N_ORIENTATIONS:
            u, v = fx * np.cos(angle) + fy * np.sin(angle), fy * np.cos(angle) - fx * np.sin(angle)
            filters.append(np.exp(-((u - frequency) ** 2) / (2 * sigma**2) - v**2 / (2 * across**2)))
    return np.stack(filters).astype(np.float32)


def _gabor(images: np.ndarray) -> np.ndarray:
    spectra = fft.fft2(grey(images).astype(np.complex64))
    rows, half = [], SIDE // 2
    for gabor in _filters():
        amplitude = abs(fft.ifft2(spectra * gabor))
        quarters = amplitude.reshape(len(images), 2, half, 2, half).mean(axis=(2, 4)).reshape(len(images), 4)
        rows.append(np.column_stack([amplitude.mean(axis=(1, 2)), amplitude.std(axis=(1, 2)), quarters]))
    return np.concatenate(rows, axis=1)
