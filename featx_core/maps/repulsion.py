"""The repulsion between all points of a map, by interpolation on a grid and an FFT."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SPACING = 0.5
"""Distance between nodes of the grid; the kernel of t-SNE has a width of 1. Larger only where a map is too wide."""

SMALL_WIDTH, SMALL_SPACING = 30.0, 0.25
"""Up to this width of a map nodes are nearer: it is dense, and the grid is still small."""

NODES = 4
"""Nodes along each axis to which a point belongs: cubic interpolation."""

STEP = 32
"""Nodes by which a side of the grid grows, so that kernels are seldom made anew."""

MIN_STEPS = 2
"""Steps along a side at least: forces that have faded at its end do not come back from the other."""

MAX_SIDE = 2_048
"""Nodes along a side at most: about 0.6 GB. A map that is wider than 1 000 gets a coarser grid."""

WORKERS = 4
"""Threads of the FFT, the same on any number of cores: so the work is always split, and rounded, in the same way."""

WORKERS_FROM = 256
"""Nodes along a side from which on there are several: less work is done before they have begun."""


class Repelled(NamedTuple):
    """How points repel each other.

    Attributes:
        forces: For each point the sum over all others of the way from it, divided by (1 + squared distance) squared,
            float64 `(n_points, 2)`.
        total: The sum over all pairs, both ways, of 1 / (1 + squared distance).
    """

    forces: np.ndarray
    total: float


class Repulsion:
    """Computes the repulsion, and keeps the transformed kernels while the grid stays the same.

    A point is shared among the 4 x 4 nodes around it by cubic B-splines, the nodes repel each other through one forward and
    two backward FFTs in float32, which also undo the blur of the splines, and a point takes the same share of what its nodes
    feel. The error is that of a Barnes-Hut tree with an angle of 0.5. The order of all sums is fixed: the number of cores
    changes no bit.

    Reference:
        Linderman et al., "Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data", Nature
        Methods 16 (2019). There a cell has three nodes and the charges are four; here a force is one vector-valued kernel, and
        nodes are those of the particle-mesh method: Hockney and Eastwood, "Computer simulation using particles" (1988).
    """

    def __init__(self) -> None:
        self._grid: tuple[int, float] | None = None
        self._kernels: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def __call__(self, places: np.ndarray) -> Repelled:
        """Measure the repulsion.

        Args:
            places: Finite, `(n_points, 2)`. Not modified.
        """
        low = places.min(axis=0)
        width = float((places.max(axis=0) - low).max())
        spacing = max(SPACING if width > SMALL_WIDTH else SMALL_SPACING, width / (MAX_SIDE - NODES - 1))
        side = STEP * max(MIN_STEPS, -(-(int(width / spacing) + NODES + 1) // STEP))
        nodes, shares = _shared((places - low) / spacing, side)
        charges = np.bincount(nodes.ravel(), shares.ravel(), side * side).reshape(side, side)
        fields, total = self._convolved(charges.astype(np.float32), spacing)
        forces = [np.einsum("ij,ij->i", field.ravel()[nodes], shares) for field in fields]
        return Repelled(np.stack(forces, axis=1), total - len(places))

    def _convolved(self, charges: np.ndarray, spacing: float) -> tuple[list[np.ndarray], float]:
        from scipy import fft

        side = len(charges)
        if self._grid != (side, spacing):
            self._kernels, self._grid = _kernels(side, spacing), (side, spacing)
        assert self._kernels is not None
        *vectors, likeness = self._kernels
        length = len(likeness)
        workers = WORKERS if side >= WORKERS_FROM else 1
        waves = fft.fft(fft.rfft(charges, length, axis=1, workers=workers), length, axis=0, workers=workers)
        fields = []
        for kernel in vectors:
            rows = fft.ifft(waves * kernel, axis=0, workers=workers)[:side]
            fields.append(fft.irfft(rows, length, axis=1, workers=workers)[:, :side])
        powers = (waves.real**2 + waves.imag**2) * likeness
        return fields, float(powers.sum(dtype=np.float64)) / length**2


def _shared(at: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The nodes among which each point is shared, as numbers in the grid, and its shares, both `(n_points, 16)`."""
    cells = at.astype(np.int32)
    weights = [_spline(at[:, axis] - cells[:, axis]) for axis in (0, 1)]
    shares = weights[0][:, :, None] * weights[1][:, None, :]
    offsets = np.arange(NODES, dtype=np.int32)
    nodes = (cells[:, :1] + offsets)[:, :, None] * side + (cells[:, 1:] + offsets)[:, None, :]
    return nodes.reshape(len(at), -1), shares.reshape(len(at), -1)


def _spline(t: np.ndarray) -> np.ndarray:
    """Weights of nodes at -1, 0, 1 and 2 for a point between 0 and 1: the cubic B-spline, `(n_points, 4)`."""
    left = 1 - t
    inner = [4 - 6 * part**2 + 3 * part**3 for part in (t, left)]
    return np.stack([left**3, *inner, t**3], axis=1) / 6


def _kernels(side: int, spacing: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half the transforms of the two parts of the force, complex64, and of the likeness, with its other half added, float32."""
    from scipy import fft

    length = fft.next_fast_len(2 * side, real=True)
    along = fft.fftfreq(length, 1 / length) * spacing
    likeness = 1 / (1 + along[:, None] ** 2 + along**2)
    blur = np.sinc(fft.fftfreq(length)) ** (2 * NODES)
    sharper = 1 / (blur[:, None] * blur[: length // 2 + 1])
    vectors = [
        (fft.rfft2(way * likeness**2) * sharper).astype(np.complex64) for way in (along[:, None], along[None, :])
    ]
    powers = fft.rfft2(likeness).real * sharper
    powers[:, 1 : (length + 1) // 2] *= 2
    return *vectors, powers.astype(np.float32)
