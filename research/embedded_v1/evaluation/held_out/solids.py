"""Shaded solids by a second renderer: spheres are traced through signed distance functions.

Reference:
    Hart 1996, Sphere tracing, The Visual Computer 12.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from research.embedded_v1.evaluation.held_out.colors import to_uint8, two_colors
from research.embedded_v1.evaluation.held_out.grids import SIDE

N_STEPS = 40
HIT = 0.01
FAR = 3.5


def _box(p: np.ndarray, half: tuple[float, float, float]) -> np.ndarray:
    q = abs(p) - np.array(half, np.float32)
    return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(-1), 0)


def _cylinder(p: np.ndarray) -> np.ndarray:
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - 0.55, abs(p[..., 2]) - 0.75], axis=-1)
    return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(-1), 0)


def _cone(p: np.ndarray) -> np.ndarray:
    slant = (np.hypot(p[..., 0], p[..., 1]) - 0.4 * (0.8 - p[..., 2])) / np.hypot(1, 0.4)
    return np.maximum(slant, -p[..., 2] - 0.8)


def _torus(p: np.ndarray) -> np.ndarray:
    return np.hypot(np.hypot(p[..., 0], p[..., 1]) - 0.68, p[..., 2]) - 0.27


def _tetrahedron(p: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(p, -1, 0)
    return (np.maximum(abs(x + y) - z, abs(x - y) + z) - 0.62) / np.sqrt(3)


def _capsule(p: np.ndarray) -> np.ndarray:
    along = p - np.stack([0 * p[..., 0], 0 * p[..., 1], np.clip(p[..., 2], -0.55, 0.55)], axis=-1)
    return np.linalg.norm(along, axis=-1) - 0.38


BODIES: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda p: np.linalg.norm(p, axis=-1) - 0.85,
    lambda p: _box(p, (0.6, 0.6, 0.6)),
    lambda p: (abs(p).sum(-1) - 0.95) / np.sqrt(3),  # octahedron
    _cylinder,
    _cone,
    _torus,
    _tetrahedron,
    _capsule,
)
N_CLASSES = len(BODIES)


def picture(generator: np.random.Generator, number: int) -> np.ndarray:
    """Draw a solid in any orientation, lit from one side, on a plain ground with a gradient.

    Args:
        generator: Of everything but the body.
        number: Of the body, 0 to 7.

    Returns:
        uint8 RGB `(112, 112, 3)`.
    """
    ground, paint = two_colors(generator)
    rotation = _rotation(generator)
    steps = ((np.arange(SIDE) + 0.5) / SIDE - 0.5) * 2 * generator.uniform(1.1, 1.9)
    shift = generator.uniform(-0.25, 0.25, 2)
    y, x = np.meshgrid(steps + shift[0], steps + shift[1], indexing="ij")
    light = _unit(generator.normal(size=3) * (1, 1, 0.4) - (0, 0, 0.8))
    is_hit, normals = _trace(BODIES[number], np.stack([x, y], axis=-1).astype(np.float32), rotation)
    lambert = np.maximum(normals @ light, 0)
    shine = generator.uniform(0, 120) * np.maximum(normals @ _unit(light - (0, 0, 1)), 0) ** 30
    shaded = paint * (0.25 + 0.85 * lambert[..., None]) + shine[..., None]
    direction = generator.normal(size=2) * 15
    behind = ground + (x * direction[0] + y * direction[1])[..., None]
    return to_uint8(np.where(is_hit[..., None], shaded, behind))


def _trace(
    body: Callable[[np.ndarray], np.ndarray], xy: np.ndarray, rotation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """March parallel rays along z: which hit, and the normals where they end."""
    depth = np.full(xy.shape[:2], -1.6, np.float32)

    def distance(z: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
        return body((np.concatenate([xy, z[..., None]], axis=-1) + offset) @ rotation)

    for _ in range(N_STEPS):
        depth = np.minimum(depth + distance(depth), FAR)
    is_hit = abs(distance(depth)) < HIT
    gradient = [distance(depth, 0.01 * axis) - distance(depth, -0.01 * axis) for axis in np.eye(3, dtype=np.float32)]
    return is_hit, _unit(np.stack(gradient, axis=-1))


def _rotation(generator: np.random.Generator) -> np.ndarray:
    """Draw a rotation, all equally likely (Shoemake 1992: a random unit quaternion)."""
    w, x, y, z = _unit(generator.normal(size=4))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
