"""Two views of each scene for contrastive training: crop, turn, colour, blur, cut out. On any backend of Keras."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from research.embedded_v1.scenes import SIDE as SCENE_SIDE

if TYPE_CHECKING:
    import keras
    from keras import KerasTensor as Tensor

SMALLEST_CROP = 0.2  # of the area
MOST_TURN = math.radians(20)
MOST_SHEAR = 0.12
SHARE_COLOURED, SHARE_GREY, SHARE_BLURRED, SHARE_CUT, SHARE_MIXED = 0.8, 0.15, 0.2, 0.2, 0.3


class Views(NamedTuple):
    """One view of each scene.

    Attributes:
        images: float32 `(n, side, side, 3)`, RGB 0 to 255.
        main: float32 `(n, side, side)`, cover of the main object.
        every: float32 `(n, side, side)`, cover of all objects.
    """

    images: Tensor
    main: Tensor
    every: Tensor


def mix_scenes(first: Tensor, second: Tensor, seed: keras.random.SeedGenerator) -> tuple[Tensor, Tensor, Tensor]:
    """Blend some scenes with their neighbours in the batch, the same way in both arrays (MixUp, Zhang et al. 2017).

    Args:
        first: float32 `(n, 96, 96, 5)`.
        second: The same scenes, some before another ground.
        seed: Where the draws come from.

    Returns:
        Both arrays, and how much each scene kept of itself, `(n,)`, 0.5 to 1.
    """
    from keras import ops, random

    n_scenes = ops.shape(first)[0]
    is_mixed = ops.cast(random.uniform((n_scenes,), seed=seed) < SHARE_MIXED, "float32")
    share = 1 - is_mixed * random.uniform((n_scenes,), 0.05, 0.5, seed=seed)
    weight = ops.reshape(share, (-1, 1, 1, 1))

    def mixed(scenes: Tensor) -> Tensor:
        colours = scenes[..., :3] * weight + ops.roll(scenes[..., :3], 1, axis=0) * (1 - weight)
        return ops.concatenate([colours, scenes[..., 3:]], axis=-1)

    return mixed(first), mixed(second), share


def random_views(scenes: Tensor, side: int, seed: keras.random.SeedGenerator, *, is_mild: bool = False) -> Views:
    """Look at each scene once, at random.

    Args:
        scenes: float32 `(n, 96, 96, 5)`, see `scenes.Shard`.
        side: Height and width of the views, in pixels.
        seed: Where the draws come from.
        is_mild: Crop little, and leave colours alone.
    """
    from keras import ops

    sampled = _sample(scenes, _windows(ops.shape(scenes)[0], seed, 0.6 if is_mild else SMALLEST_CROP), side)
    images, main, every = sampled[..., :3] / 255, sampled[..., 3] / 255, sampled[..., 4] / 255
    if not is_mild:
        images = _cut_out(_blurred(_coloured(images, seed), seed), seed)
    return Views(ops.clip(images, 0, 1) * 255, main, every)


def _windows(n_views: int, seed: keras.random.SeedGenerator, smallest: float) -> Tensor:
    """Draw affine maps from a view to a scene, both in -1 to 1: `(n, 2, 3)`."""
    from keras import ops, random

    def uniform(low: float, high: float) -> Tensor:
        return random.uniform((n_views,), low, high, seed=seed)

    size, aspect = ops.sqrt(uniform(smallest, 1.0)), ops.exp(uniform(-0.25, 0.25))
    turn, shear = uniform(-MOST_TURN, MOST_TURN), uniform(-MOST_SHEAR, MOST_SHEAR)
    flip = ops.sign(uniform(-1.0, 1.0))
    width, height = ops.minimum(size * aspect, 1.0), ops.minimum(size / aspect, 1.0)
    cos, sin = ops.cos(turn), ops.sin(turn)
    rows = [
        [width * cos * flip, height * (shear * cos - sin), uniform(-1.0, 1.0) * (1 - width)],
        [width * sin * flip, height * (shear * sin + cos), uniform(-1.0, 1.0) * (1 - height)],
    ]
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=1)


def _sample(scenes: Tensor, windows: Tensor, side: int) -> Tensor:
    """Read scenes through affine windows, bilinearly; beyond the border its pixels go on."""
    from keras import ops

    axis = (ops.arange(side, dtype="float32") + 0.5) / side * 2 - 1
    y, x = ops.meshgrid(axis, axis, indexing="ij")
    grid = ops.reshape(ops.stack([x, y, ops.ones_like(x)]), (3, side * side))
    places = (ops.matmul(windows, grid) + 1) / 2 * SCENE_SIDE - 0.5
    places = ops.clip(places, 0.0, SCENE_SIDE - 1.001)
    corner = ops.floor(places)
    part = ops.expand_dims(places - corner, -1)
    corner = ops.cast(corner, "int32")
    n_scenes = ops.shape(scenes)[0]
    start = ops.expand_dims(ops.arange(n_scenes, dtype="int32") * SCENE_SIDE**2, -1)
    index = start + corner[:, 1] * SCENE_SIDE + corner[:, 0]
    pixels = ops.reshape(scenes, (-1, scenes.shape[-1]))
    right, down = part[:, 0], part[:, 1]
    upper = ops.take(pixels, index, axis=0) * (1 - right) + ops.take(pixels, index + 1, axis=0) * right
    index = index + SCENE_SIDE
    lower = ops.take(pixels, index, axis=0) * (1 - right) + ops.take(pixels, index + 1, axis=0) * right
    return ops.reshape(upper * (1 - down) + lower * down, (-1, side, side, scenes.shape[-1]))


def _chosen(n_views: int, share: float, seed: keras.random.SeedGenerator) -> Tensor:
    """1 for a share of the views, else 0: `(n, 1, 1, 1)`."""
    from keras import ops, random

    return ops.cast(random.uniform((n_views, 1, 1, 1), seed=seed) < share, "float32")


def _coloured(images: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Mix the channels, change contrast and brightness; turn some grey."""
    from keras import ops, random

    n_views = ops.shape(images)[0]
    is_jittered = ops.reshape(_chosen(n_views, SHARE_COLOURED, seed), (-1, 1, 1))
    jitter = random.normal((n_views, 3, 3), 0.0, 0.18, seed=seed) * is_jittered
    gain = ops.exp(random.normal((n_views, 1, 1), 0.0, 0.3, seed=seed))
    shift = random.normal((n_views, 1, 1, 1), 0.0, 0.12, seed=seed)
    to_grey = ops.reshape(_chosen(n_views, SHARE_GREY, seed), (-1, 1, 1))
    matrix = (ops.eye(3) + jitter) * gain
    matrix = matrix * (1 - to_grey) + ops.mean(matrix, axis=-1, keepdims=True) * ops.ones((1, 1, 3)) * to_grey
    centre = ops.mean(images, axis=(1, 2), keepdims=True)
    flat = ops.reshape(images - centre, (n_views, -1, 3))
    middle = ops.reshape(ops.matmul(ops.reshape(centre, (n_views, 1, 3)), matrix / gain), (n_views, 1, 1, 3))
    return ops.reshape(ops.matmul(flat, matrix), ops.shape(images)) + middle + shift


def _blurred(images: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Blur some views, by 5 x 5 pixels at most."""
    from keras import ops, random

    n_views = ops.shape(images)[0]
    smooth = ops.average_pool(ops.average_pool(images, 3, strides=1, padding="same"), 3, strides=1, padding="same")
    amount = random.uniform((n_views, 1, 1, 1), 0.3, 1.0, seed=seed) * _chosen(n_views, SHARE_BLURRED, seed)
    return images + (smooth - images) * amount


def _cut_out(images: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Lay a plain rectangle over some views (DeVries and Taylor 2017)."""
    from keras import ops, random

    n_views, side = ops.shape(images)[0], images.shape[1]
    axis = (ops.arange(side, dtype="float32") + 0.5) / side
    centre = random.uniform((n_views, 2, 1), seed=seed)
    half = random.uniform((n_views, 2, 1), 0.08, 0.25, seed=seed)
    inside = ops.cast(ops.abs(axis - centre) < half, "float32")
    area = ops.expand_dims(inside[:, 0, :, None] * inside[:, 1, None, :], -1) * _chosen(n_views, SHARE_CUT, seed)
    return images * (1 - area) + random.uniform((n_views, 1, 1, 3), seed=seed) * area
