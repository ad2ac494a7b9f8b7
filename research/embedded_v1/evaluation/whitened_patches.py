"""Whitened patches: a layer of a network that nobody trained by gradients.

Reference:
    Coates & Ng 2012, Learning feature representations with k-means.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from featx_core.networks.initialization import made_up_images

RESOLUTION, PATCH, N_CENTROIDS, GRID = 56, 6, 256, 4
N_PICTURES, N_EACH = 256, 40  # pictures of each of the two kinds, patches a picture
CONTRAST_FLOOR = 10.0
WHITENING_FLOOR = 0.1  # of the variances of patches of unit variance
N_ROUNDS = 10  # of k-means on the sphere
BLOCK = 16


@dataclass(frozen=True)
class Dictionary:
    """What the patches are compared with.

    Args:
        mean: float32 `(108,)`.
        whitening: float32 `(108, 108)`.
        centroids: float32 `(256, 108)`, of length 1.
    """

    mean: np.ndarray
    whitening: np.ndarray
    centroids: np.ndarray


def whitened_patches(images: np.ndarray) -> np.ndarray:
    """Compare every patch with 256 centroids and average over a 4 x 4 grid: float32 `(n, 4096)`."""
    filters = dictionary()
    matrix = filters.whitening @ filters.centroids.T
    offset = -filters.mean @ matrix
    blocks = np.array_split(images, range(BLOCK, len(images), BLOCK))
    return np.concatenate([_pooled(block, matrix, offset) for block in blocks])


@cache
def dictionary() -> Dictionary:
    """Fit on formula-made pictures, with a seed of its own; once a process."""
    generator = np.random.default_rng(0)
    patches = _normalized(_sampled_patches(generator))
    mean = patches.mean(0)
    variances, axes = np.linalg.eigh(np.cov(patches - mean, rowvar=False))
    whitening = ((axes / np.sqrt(variances + WHITENING_FLOOR)) @ axes.T).astype(np.float32)
    return Dictionary(mean, whitening, _spherical_k_means(generator, (patches - mean) @ whitening))


def _spherical_k_means(generator: np.random.Generator, patches: np.ndarray) -> np.ndarray:
    centroids = _unit(generator.standard_normal((N_CENTROIDS, patches.shape[1]), dtype=np.float32))
    for _ in range(N_ROUNDS):
        products = patches @ centroids.T
        nearest = products.argmax(1)
        sums = np.zeros_like(centroids)
        np.add.at(sums, nearest, patches * products[np.arange(len(patches)), nearest, None])
        centroids = _unit(sums + centroids)  # the old centroid damps, and keeps those that no patch chose
    return centroids


def _sampled_patches(generator: np.random.Generator) -> np.ndarray:
    from research.embedded_v1.evaluation.held_out.colors import colored
    from research.embedded_v1.evaluation.wild_digits import FAMILIES

    pictures = list(made_up_images(generator, N_PICTURES, (112, 112)))
    for index in range(N_PICTURES):
        family = FAMILIES[index % len(FAMILIES)]
        pictures.append(colored(generator, family.draw(generator, int(generator.integers(family.N_CLASSES)))))
    chosen = [generator.permutation(_patches(_small(picture)[None])[0])[:N_EACH] for picture in pictures]
    return np.concatenate(chosen)


def _small(picture: np.ndarray) -> np.ndarray:
    size = (RESOLUTION, RESOLUTION)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX), np.float32)


def _patches(images: np.ndarray) -> np.ndarray:
    """Give all patches: float32 `(n, 2601, 108)`."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), axis=(1, 2))
    return windows.reshape(len(images), -1, 3 * PATCH**2)


def _normalized(patches: np.ndarray) -> np.ndarray:
    centred = patches - patches.mean(-1, keepdims=True)
    return (centred / np.sqrt(patches.var(-1, keepdims=True) + CONTRAST_FLOOR)).astype(np.float32)


def _pooled(images: np.ndarray, matrix: np.ndarray, offset: np.ndarray) -> np.ndarray:
    products = _normalized(_patches(np.stack([_small(image) for image in images]))) @ matrix + offset
    responses = np.maximum(products - products.mean(-1, keepdims=True), 0)
    side = RESOLUTION - PATCH + 1
    maps = responses.reshape(len(images), side, side, N_CENTROIDS)
    edges = np.linspace(0, side, GRID + 1).round().astype(int)
    cells = [
        maps[:, top:bottom, left:right].mean(axis=(1, 2))
        for top, bottom in pairs(edges)
        for left, right in pairs(edges)
    ]
    return np.concatenate(cells, axis=1)


def pairs(edges: np.ndarray) -> list[tuple[int, int]]:
    """Give start and end of each cell."""
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
