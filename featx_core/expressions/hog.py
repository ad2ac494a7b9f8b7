"""Histograms of oriented gradients."""

from __future__ import annotations

import functools
import math

import numpy as np

from featx_core.expressions.backends import Array, Backend, length
from featx_core.expressions.image_functions import apply, difference
from featx_core.expressions.shapes import Shape, ShapeError, spatial, words

CELL = 8  # pixels
BLOCK = 2  # cells
BINS = 9  # orientations over 180 degrees
CLIP = 0.2
EPSILON = 1e-5
"""Added to the length of a block, so that flat blocks give 0: 1e-5 of a gradient of 1."""


def hog(backend: Backend, rows: Array) -> Array:
    """Describe an image by the directions of its edges.

    Gradients are differences [-1, 0, 1] without smoothing; of several channels the one with the longest gradient counts. Each
    pixel votes with the length of its gradient for the two nearest of 9 directions over 180 degrees and the four nearest
    cells of 8 x 8 pixels. Blocks of 2 x 2 cells, one cell apart, are brought to length 1, clipped at 0.2 and brought to
    length 1 again.

    Differs from the paper in that votes are not weighted by a Gaussian over the block, votes are shared between the cells of
    the whole image rather than those of a block, pixels at the border see their own value beyond it, and the image has
    any size of at least two cells; pixels to the right and below the last whole cell are not used.

    Returns:
        `(n, n_down * n_across * 36)`, block by block from the top left; in each, its 4 cells row by row, 9 numbers each.

    Reference:
        Dalal & Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005, sections 6.1 to 6.4 (R-HOG, L2-Hys).
    """
    ops = backend.ops
    height, width = (side // CELL * CELL for side in rows.shape[1:3])
    across, down = _strongest(backend, rows)
    across, down = across[:, :height, :width], down[:, :height, :width]
    strength = length(backend, across * across + down * down)
    cells = ops.concatenate([_cells(backend, vote) for vote in _votes(backend, across, down, strength)], axis=-1)
    n_down, n_across = height // CELL - BLOCK + 1, width // CELL - BLOCK + 1
    corners = [cells[:, i : i + n_down, j : j + n_across] for i in range(BLOCK) for j in range(BLOCK)]
    blocks = _hysteresis(backend, ops.concatenate(corners, axis=-1))
    return ops.reshape(blocks, (-1, n_down * n_across * BLOCK * BLOCK * BINS))


def hog_shape(shape: Shape) -> Shape:
    """Return the number of values, which depends on the number of whole cells."""
    n_down, n_across = (side // CELL - BLOCK + 1 for side in spatial(shape)[:2])
    if min(n_down, n_across) < 1:
        raise ShapeError(f"needs at least {BLOCK * CELL} x {BLOCK * CELL}; here {{it}} is {words(shape)}")
    return (n_down * n_across * BLOCK * BLOCK * BINS,)


def _strongest(backend: Backend, rows: Array) -> tuple[Array, Array]:
    """Return the gradient across and down of the channel where it is longest, the first of equal ones."""
    across, down = difference(backend, rows, 2), difference(backend, rows, 1)
    if rows.shape[-1] == 1:
        return across, down
    best = backend.ops.expand_dims(backend.ops.argmax(across * across + down * down, axis=-1), -1)
    return backend.ops.take_along_axis(across, best, axis=-1), backend.ops.take_along_axis(down, best, axis=-1)


def _votes(backend: Backend, across: Array, down: Array, strength: Array) -> list[Array]:
    """Share each gradient between the two directions beside its own; directions that are opposite are one."""
    ops = backend.ops
    is_flat = strength <= 0
    one, none = ops.ones_like(across), ops.zeros_like(down)
    angle = ops.arctan2(ops.where(is_flat, none, down), ops.where(is_flat, one, across)) * (BINS / math.pi)
    votes = []
    for number in range(BINS):
        distance = angle - (number + 0.5)
        distance = ops.abs(distance - BINS * ops.round(distance / BINS))
        votes.append(strength * ops.maximum(1 - distance, none))
    return votes


def _cells(backend: Backend, vote: Array) -> Array:
    down = apply(backend, shares(int(vote.shape[1])), vote, 1)
    return apply(backend, shares(int(vote.shape[2])), down, 2)


@functools.lru_cache(maxsize=32)
def shares(n_pixels: int) -> np.ndarray:
    """Return the share of each pixel in each cell along one side: linear between the middles of the cells.

    Returns:
        float64 `(n_pixels // 8, n_pixels)`.
    """
    middles = (np.arange(n_pixels // CELL) + 0.5) * CELL
    distance = np.abs(np.arange(n_pixels) + 0.5 - middles[:, np.newaxis])
    weights = np.maximum(0.0, 1 - distance / CELL)
    weights.flags.writeable = False
    return weights


def _hysteresis(backend: Backend, blocks: Array) -> Array:
    clipped = backend.ops.minimum(_unit(backend, blocks), backend.constant(CLIP, blocks))
    return _unit(backend, clipped)


def _unit(backend: Backend, blocks: Array) -> Array:
    squares = backend.ops.sum(blocks * blocks, axis=-1, keepdims=True)
    return blocks / backend.ops.sqrt(squares + EPSILON**2)
