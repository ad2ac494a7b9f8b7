"""Keras layers of each transform. They take float32 batches in 0 to 255 and are active with `training=True`."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras

    Layers = list[keras.layers.Layer]

FILL_MODE = "reflect"  # what lies beyond the border: the image, mirrored
ERASED_GREY = 128.0  # of 255
MIN_ERASED = 0.1  # of the side, where the strength allows
HUE_SHARE = 0.5  # colour jitter of 1 turns hues by up to a quarter of the circle
N_CHAINS = 3
FULL_DEGREES = 360.0
_COMMON: dict[str, Any] = {"dtype": "float32", "data_format": "channels_last"}
_VALUES = {"value_range": (0.0, 255.0)}


def horizontal_flip(strength: float, seed: int) -> Layers:
    """Mirror half of the images."""
    return [load_keras().layers.RandomFlip("horizontal", seed=seed, **_COMMON)]


def vertical_flip(strength: float, seed: int) -> Layers:
    """Turn half of the images upside down."""
    return [load_keras().layers.RandomFlip("vertical", seed=seed, **_COMMON)]


def rotation(strength: float, seed: int) -> Layers:
    """Rotate about the centre by up to this many degrees."""
    return [load_keras().layers.RandomRotation(strength / FULL_DEGREES, fill_mode=FILL_MODE, seed=seed, **_COMMON)]


def shift(strength: float, seed: int) -> Layers:
    """Move by up to this share of height and width."""
    return [load_keras().layers.RandomTranslation(strength, strength, fill_mode=FILL_MODE, seed=seed, **_COMMON)]


def zoom(strength: float, seed: int) -> Layers:
    """Zoom in or out by up to this share."""
    return [load_keras().layers.RandomZoom(strength, fill_mode=FILL_MODE, seed=seed, **_COMMON)]


def shear(strength: float, seed: int) -> Layers:
    """Shear horizontally and vertically by up to this share, both in the same direction."""
    return [load_keras().layers.RandomShear(strength, strength, fill_mode=FILL_MODE, seed=seed, **_COMMON)]


def contrast(strength: float, seed: int) -> Layers:
    """Scale values towards or away from the mean of their channel."""
    return [load_keras().layers.RandomContrast(strength, seed=seed, **_VALUES, **_COMMON)]


def brightness(strength: float, seed: int) -> Layers:
    """Add or subtract up to this share of white."""
    return [load_keras().layers.RandomBrightness(strength, seed=seed, **_VALUES, **_COMMON)]


def color_jitter(strength: float, seed: int) -> Layers:
    """Change saturation and hue. For Keras, a saturation of 0.5 leaves the image as it is, and 0 makes it grey."""
    saturation = (0.5 - strength / 4, 0.5 + strength / 4)
    jitter = load_keras().layers.RandomColorJitter(
        saturation_factor=saturation, hue_factor=(0.0, HUE_SHARE * strength), seed=seed, **_VALUES, **_COMMON
    )
    return [jitter]


def blur(strength: float, seed: int) -> Layers:
    """Blur by a Gaussian of up to this deviation in pixels."""
    reach = math.ceil(3 * strength)
    if reach == 0:
        return []
    inner = load_keras().layers.RandomGaussianBlur(
        (1.0, 1.0), 2 * reach + 1, (0.0, strength), seed=seed, **_VALUES, **_COMMON
    )
    return [_own_layers()["mirrored"](inner, reach)]


def noise(strength: float, seed: int) -> Layers:
    """Add Gaussian noise of this deviation, as a share of white."""
    return [_own_layers()["noise"](strength, seed)]


def erasing(strength: float, seed: int) -> Layers:
    """Cover a rectangle with grey. Keras takes the square root of its scale for each side."""
    scale = (min(MIN_ERASED, strength) ** 2, strength**2)
    return [
        load_keras().layers.RandomErasing(
            (1.0, 1.0), scale=scale, fill_value=ERASED_GREY, seed=seed, **_VALUES, **_COMMON
        )
    ]


def rand_augment(strength: float, seed: int) -> Layers:
    """Two changes out of eleven. In training, all images of a batch get the same two, each at its own strength."""
    return [load_keras().layers.RandAugment(factor=strength, seed=seed, **_VALUES, **_COMMON)] if strength else []


def aug_mix(strength: float, seed: int) -> Layers:
    """Mix chains of changes.

    Keras's own `AugMix` draws its changes with Python's random module while the graph is made: they would be the same for all
    images, and others in each process. Here the chains are `RandAugment` layers of one, two and three changes.

    Reference:
        Hendrycks et al., "AugMix", arXiv:1912.02781, with alpha = 1.
    """
    return [_own_layers()["aug_mix"](strength, seed)] if strength else []


def clipped() -> keras.layers.Layer:
    """Keep values within 0 to 255."""
    return load_keras().layers.ReLU(max_value=255.0, dtype="float32")


@functools.cache
def _own_layers() -> dict[str, Any]:
    """The layers that Keras lacks; made when Keras is there."""
    keras: Any = load_keras()

    class Mirrored(keras.layers.Layer):  # type: ignore[misc]
        """Puts a mirrored border around images for a layer that would look at black ones."""

        def __init__(self, inner: Any, width: int) -> None:
            super().__init__(dtype="float32")
            self.inner, self.width = inner, width

        def build(self, shape: tuple[int | None, ...]) -> None:
            self.inner.build(shape)

        def call(self, images: Any, training: bool = False) -> Any:
            sides = [(0, 0), (self.width, self.width), (self.width, self.width), (0, 0)]
            found = self.inner(keras.ops.pad(images, sides, mode="symmetric"), training=training)
            return found[:, self.width : -self.width, self.width : -self.width]

    class Noise(keras.layers.Layer):  # type: ignore[misc]
        """Gaussian noise for values up to 255; Keras's own takes deviations up to 1."""

        def __init__(self, strength: float, seed: int) -> None:
            super().__init__(dtype="float32")
            self.inner = keras.layers.GaussianNoise(strength, seed=seed, dtype="float32")

        def call(self, images: Any, training: bool = False) -> Any:
            return images + 255.0 * self.inner(keras.ops.zeros_like(images), training=training)

    class AugMixed(keras.layers.Layer):  # type: ignore[misc]
        """Chains of changes, mixed with each other and with the image."""

        def __init__(self, strength: float, seed: int) -> None:
            super().__init__(dtype="float32")
            self.generator = keras.random.SeedGenerator(seed)
            self.chains = [
                keras.layers.RandAugment(factor=strength, num_ops=depth + 1, seed=seed + depth, **_VALUES, **_COMMON)
                for depth in range(N_CHAINS)
            ]

        def build(self, shape: tuple[int | None, ...]) -> None:
            for chain in self.chains:
                chain.build(shape)

        def call(self, images: Any, training: bool = False) -> Any:
            if not training:
                return images
            drawn = keras.random.uniform((N_CHAINS + 1,), 1e-7, 1.0, seed=self.generator)
            parts = -keras.ops.log(drawn[:N_CHAINS])  # scaled to sum 1: evenly spread weights
            mixed = sum(chain(images, training=True) * parts[i] for i, chain in enumerate(self.chains))
            mixed = mixed / keras.ops.sum(parts)
            return drawn[-1] * images + (1 - drawn[-1]) * mixed

    return {"mirrored": Mirrored, "noise": Noise, "aug_mix": AugMixed}
