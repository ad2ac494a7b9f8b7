"""Random weights as a fair baseline: activations neither vanish nor explode, and a seed fixes them."""

from __future__ import annotations

import math
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.compat import layers_within
from featx_core.base.memory import hand_back
from featx_core.base.tensorflow_compat import traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras

    from featx_core.images.preprocessing import Preprocessing

CALIBRATION_PIXELS = 16 * 224 * 224
"""In all calibration images together, so that memory is about the same for each input size."""

MIN_CALIBRATION_IMAGES = 8
MAX_CALIBRATION_IMAGES = 128
"""Small inputs need many: from 16 images of 64 x 64 the statistics of EfficientNetB1 are so far off that the features of
other images grow thirtyfold."""


def randomize(network: keras.Model, preprocessing: Preprocessing, seed: int) -> None:
    """Give a network random weights, and its batch normalization the statistics that fit them.

    With the weights that Keras draws, features of deep networks shrink to 1e-10 and less, because batch normalization
    starts with statistics of mean 0 and variance 1. Here kernels are drawn as He et al. propose, then one batch of made-up
    images runs through the network, and each batch normalization keeps the mean and the variance that it sees: layer by
    layer, since each receives what those before it have normalised. Only numpy draws, from its own generator: the numbers
    depend on the seed alone, and the random state of the process is left as it is.

    Args:
        network: A functional model with image input. Changed in place.
        preprocessing: What it expects.
        seed: Of the kernels and of the images.

    Reference:
        He et al. 2015, Delving Deep into Rectifiers, arXiv:1502.01852, equation 10. Krähenbühl et al. 2015, Data-dependent
        Initializations of Convolutional Neural Networks, arXiv:1511.06856.
    """
    generator = np.random.default_rng(seed)
    for layer in network.layers:
        for variable in layer.weights:
            if variable.name.endswith("kernel"):
                variable.assign(_kernel(generator, tuple(variable.shape), is_depthwise=_is_depthwise(layer, variable)))
    calibrate(network, preprocessing, generator)
    hand_back()


def made_up_images(generator: np.random.Generator, n_images: int, size: tuple[int, int]) -> np.ndarray:
    """Make images of coloured blotches from coarse to fine, a little like photographs in how their contrast is spread.

    Returns:
        uint8 RGB `(n_images, height, width, 3)`.
    """
    pictures = np.zeros((n_images, *size, 3), np.float32)
    for cells in (1, 2, 4, 8, 16, 32):
        coarse = generator.standard_normal((n_images, cells, cells, 3), dtype=np.float32)
        rows, columns = (np.arange(side) * cells // side for side in size)
        pictures += coarse[:, rows][:, :, columns]
    contrast = generator.uniform(10, 60, (n_images, 1, 1, 1)).astype(np.float32)
    brightness = generator.uniform(60, 190, (n_images, 1, 1, 1)).astype(np.float32)
    return np.clip(brightness + contrast * pictures, 0, 255).astype(np.uint8)


def _kernel(generator: np.random.Generator, shape: tuple[int, ...], *, is_depthwise: bool) -> np.ndarray:
    fan_in = math.prod(shape[:2] if is_depthwise else shape[:-1])
    return generator.standard_normal(shape, dtype=np.float32) * np.float32(math.sqrt(2 / fan_in))


def _is_depthwise(layer: keras.layers.Layer, variable: keras.Variable) -> bool:
    return variable.name.startswith("depthwise") or type(layer).__name__ == "DepthwiseConv2D"


def calibrate(network: keras.Model, preprocessing: Preprocessing, generator: np.random.Generator) -> None:
    """Give each batch normalization of a network, also within other layers, the statistics of one batch of made-up images."""
    layers = layers_within(network)
    normalizations = [layer for layer in layers if type(layer).__name__ == "BatchNormalization"]
    if not normalizations:
        return
    height, width = network.input.shape[1:3]
    n_images = np.clip(CALIBRATION_PIXELS // (height * width), MIN_CALIBRATION_IMAGES, MAX_CALIBRATION_IMAGES)
    images = preprocessing(made_up_images(generator, int(n_images), (height, width)))
    import tensorflow as tf  # a graph frees what it no longer needs; Keras outside of one keeps every layer's output

    dropouts = [layer for layer in layers if hasattr(layer, "rate")]
    with ExitStack() as stack:
        for layer in normalizations:
            stack.enter_context(_attribute(layer, "momentum", 0.0))
        for layer in dropouts:
            stack.enter_context(_attribute(layer, "rate", 0.0))
        batch = tf.constant(images)
        traced(lambda inputs: network(inputs, training=True), tf.TensorSpec(batch.shape, batch.dtype))(batch)


@contextmanager
def _attribute(layer: keras.layers.Layer, name: str, value: float) -> Iterator[None]:
    before = getattr(layer, name)
    setattr(layer, name, value)
    try:
        yield
    finally:
        setattr(layer, name, before)
