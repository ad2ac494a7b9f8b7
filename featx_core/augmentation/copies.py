"""Augmentation applied: to images, each with its own seed, and as a layer during training."""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.augmentation.layers import clipped
from featx_core.augmentation.transforms import AUGMENTATIONS, Transforms, check_transforms
from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras

MAX_SEED = 2**32 - 1
MAX_TRACED = 32
"""Compiled choices of transforms that are kept, each for one size of images."""


def augment(images: np.ndarray, transforms: Transforms, *, seeds: Sequence[int] | np.ndarray) -> np.ndarray:
    """Change images at random, each by its own seed.

    What becomes of image `i` depends on that image, the transforms and `seeds[i]` alone: not on the others, their order
    or the process. Where an image is moved, its border is filled by mirroring it.

    Args:
        images: uint8 RGB `(n_images, height, width, 3)`, at the size of the network. Not modified.
        transforms: Pairs of a key of `AUGMENTATIONS` and a strength.
        seeds: One for each image, 0 to 4 294 967 295.

    Returns:
        uint8 of the same shape.

    Raises:
        ValueError: If `images`, `transforms` or `seeds` are not valid.
    """
    transforms = check_transforms(transforms)
    _check(images, seeds)
    if not len(images) or not transforms:
        return images.copy()
    run = _traced(transforms, (images.shape[1], images.shape[2]))
    return run(images, np.asarray(seeds, np.int64))


def random_layers(transforms: Transforms, seed: int) -> keras.layers.Layer:
    """Make a layer that changes images at random, for use inside of training.

    Args:
        transforms: As for `augment`.
        seed: Of the order of changes. The same seed gives the same ones, batch after batch.

    Returns:
        A layer from float32 batches of 0 to 255, before the preprocessing, to the same. It acts only when it is called with
        `training=True`.

    Raises:
        ValueError: If `transforms` are not valid.
    """
    keras = load_keras()
    return keras.Sequential([*_layers(check_transforms(transforms), seed), clipped()])


def image_seeds(digests: Sequence[str] | Sequence[bytes], seed: int, n_copies: int) -> np.ndarray:
    """Return the seeds of the copies of images: they depend on the content of each image, the seed and the copy alone.

    Args:
        digests: What identifies the content of each image.
        seed: Of the whole.
        n_copies: Copies of each image.

    Returns:
        int64 `(n_images, n_copies)`, 0 to 4 294 967 295.
    """
    return np.array(
        [[_seed_of(digest, seed, copy) for copy in range(n_copies)] for digest in digests], np.int64
    ).reshape(len(digests), n_copies)


def make_copies(
    images: np.ndarray, transforms: Transforms, *, n_copies: int, seed: int, with_original: bool
) -> np.ndarray:
    """Make changed copies of images. Each depends on its image's pixels, the transforms, the seed and its number alone.

    Args:
        images: uint8 RGB `(n_images, height, width, 3)`, at the size of the network. Not modified.
        transforms: As for `augment`.
        n_copies: Copies of each image in all.
        seed: Seeds everything random.
        with_original: Whether the first copy is the image as it is.

    Returns:
        uint8 `(n_images, n_copies, height, width, 3)`.
    """
    seeds = image_seeds([hashlib.sha256(picture.tobytes()).digest() for picture in images], seed, n_copies)
    repeated = np.repeat(images, n_copies, axis=0)
    copies = augment(repeated, transforms, seeds=seeds.ravel()).reshape(len(images), n_copies, *images.shape[1:])
    if with_original:
        copies[:, 0] = images
    return copies


def _seed_of(digest: str | bytes, seed: int, copy: int) -> int:
    content = digest.encode() if isinstance(digest, str) else digest
    return int.from_bytes(hashlib.sha256(content + f":{seed}:{copy}".encode()).digest()[:4], "little")


def _check(images: np.ndarray, seeds: Any) -> None:
    if np.ndim(images) != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        kind = f"{getattr(images, 'dtype', type(images).__name__)} of shape {np.shape(images)}"
        raise ValueError(f"`images` must be uint8 of shape (n_images, height, width, 3). Received: {kind}.")
    if len(seeds) != len(images):
        raise ValueError(f"`seeds` must have one entry for each of {len(images)} images. Received: {len(seeds)}.")
    if any(not 0 <= int(seed) <= MAX_SEED for seed in seeds):
        raise ValueError(f"`seeds` must be 0 to {MAX_SEED}. Received: {min(seeds)} to {max(seeds)}.")


def _layers(transforms: Transforms, seed: int) -> list[keras.layers.Layer]:
    """The layers of transforms one after the other. Each draws its own numbers, whatever stands beside it."""
    return [
        layer
        for name, strength in transforms
        for layer in AUGMENTATIONS[name].layers(strength, (seed + zlib.crc32(name.encode())) % 2**31)
    ]


@functools.lru_cache(maxsize=MAX_TRACED)
def _traced(transforms: Transforms, size: tuple[int, int]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Compile transforms once for images of a size, in any number, each with its own seed."""
    import tensorflow as tf

    keras = load_keras()
    layers = [*_layers(transforms, 0), clipped()]
    for layer in layers:
        layer.build((1, *size, 3))
    states = [variable for layer in layers for variable in layer.variables]
    salts = [(variable, int(np.asarray(variable)[0])) for variable in states]

    def one(item: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        picture, seed = tf.cast(item[0], tf.float32)[None], item[1]
        with keras.StatelessScope(
            state_mapping=[
                (state, tf.cast(tf.stack([seed, tf.constant(salt, tf.int64)]), state.dtype)) for state, salt in salts
            ]
        ):
            for layer in layers:
                picture = layer(picture, training=True)
        return tf.cast(tf.round(picture[0]), tf.uint8)

    whole = tf.function(
        lambda images, seeds: tf.map_fn(one, (images, seeds), fn_output_signature=tf.TensorSpec((*size, 3), tf.uint8)),
        autograph=False,
        input_signature=[tf.TensorSpec((None, *size, 3), tf.uint8), tf.TensorSpec((None,), tf.int64)],
    )
    traced = whole.get_concrete_function()
    return lambda images, seeds: traced(tf.constant(images), tf.constant(seeds)).numpy()
