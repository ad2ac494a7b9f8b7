"""EfficientNet-Lite: EfficientNet without squeeze-and-excitation, with ReLU6, and with a stem and a head of fixed size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras

STEM_WIDTH = 32
TOP_WIDTH = 1280
N_CLASSES = 1000
EPSILON = 1e-3  # of batch normalization
WIDTH_DIVISOR = 8

SCALES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "EfficientNet-Lite0": (1.0, 1.0),
        "EfficientNet-Lite1": (1.0, 1.1),
        "EfficientNet-Lite2": (1.1, 1.2),
    }
)
"""By how much width and depth exceed those of Lite0, by the title of the backbone."""


@dataclass(frozen=True)
class Block:
    """One inverted residual: a convolution that widens, one a channel, one that narrows.

    Attributes:
        name: As Keras names those of EfficientNet: "block2a", "block2b", ...
        kernel_size: Of the convolution of each channel.
        n_filters: What comes out.
        expansion: How many times as wide it is inside; 1: nothing is widened.
        strides: Of the convolution of each channel.
        has_shortcut: Whether the input is added to the output.
    """

    name: str
    kernel_size: int
    n_filters: int
    expansion: int
    strides: int
    has_shortcut: bool


_STAGES = (  # kernel size, blocks, filters, expansion, stride of the first block
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)


def blocks(width: float, depth: float) -> Iterator[Block]:
    """List the blocks of a network.

    Args:
        width: Factor for the number of filters.
        depth: Factor for the number of blocks of a stage; that of the first and the last stage is fixed.
    """
    for number, (kernel_size, n_blocks, n_filters, expansion, strides) in enumerate(_STAGES, start=1):
        n_repeats = n_blocks if number in (1, len(_STAGES)) else math.ceil(depth * n_blocks)
        n_wide = _round_filters(n_filters * width)
        for i in range(n_repeats):
            name = f"block{number}{chr(ord('a') + i)}"
            yield Block(name, kernel_size, n_wide, expansion, 1 if i else strides, has_shortcut=i > 0)


def build(title: str, image_size: tuple[int, int], *, classifier: bool = False) -> keras.Model:
    """Make the network as Keras initialises it.

    Padding is that of TensorFlow: where a stride leaves one row over, it goes below and to the right. Dropout, which only
    training needs, is left out.

    Args:
        title: A key of `SCALES`.
        image_size: Height and width of the input.
        classifier: Whether to keep the classifier, which gives logits.

    Returns:
        A flat functional model from `(n_images, height, width, 3)` to the last feature map, or to 1 000 logits.

    Reference:
        Tan and Le 2019, EfficientNet, arXiv:1905.11946; Liu 2020, Higher accuracy on vision models with EfficientNet-Lite.
    """
    keras = load_keras()
    image = keras.Input((*image_size, 3))
    x = _convolution(image, STEM_WIDTH, 3, "stem_conv", strides=2)
    x = _activation(_normalization(x, "stem_bn"), "stem_activation")
    for block in blocks(*SCALES[title]):
        x = _residual(x, block)
    x = _convolution(x, TOP_WIDTH, 1, "top_conv")
    x = _activation(_normalization(x, "top_bn"), "top_activation")
    if classifier:
        x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = keras.layers.Dense(N_CLASSES, name="predictions")(x)
    return keras.Model(image, x, name=title.lower().replace("-", "_"))


def arrays_from_torch(
    title: str, tensors: Mapping[str, np.ndarray], *, classifier: bool = False
) -> dict[str, np.ndarray]:
    """Rename and turn the published tensors of a network.

    Args:
        title: A key of `SCALES`.
        tensors: By the names of PyTorch, as `read_tensors` gives them. Not modified.
        classifier: Whether those of the classifier are wanted, too.

    Returns:
        By "<layer>/<variable>", as `assign` takes them.

    Raises:
        KeyError: If a tensor is missing.
    """
    arrays: dict[str, np.ndarray] = {}
    for layer, theirs in _names_in_torch(title):
        if layer.endswith("_bn"):
            arrays |= {f"{layer}/{ours}": tensors[f"{theirs}.{name}"] for ours, name in _BATCH_NORMALIZATION.items()}
        else:
            order = (2, 3, 0, 1) if layer.endswith("dwconv") else (2, 3, 1, 0)
            arrays[f"{layer}/kernel"] = tensors[f"{theirs}.weight"].transpose(order)
    if classifier:
        arrays |= dict(zip(("predictions/kernel", "predictions/bias"), head_from_torch(tensors), strict=True))
    return arrays


def head_from_torch(tensors: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Turn the published classifier: kernel `(1280, 1000)` and bias `(1000,)`, which take averaged features to logits.

    Args:
        tensors: As for `arrays_from_torch`.

    Raises:
        KeyError: If a tensor is missing.
    """
    return tensors["_fc.weight"].T, tensors["_fc.bias"]


_BATCH_NORMALIZATION = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _names_in_torch(title: str) -> Iterator[tuple[str, str]]:
    """Pair each convolution and each normalization with its name in PyTorch, which numbers the blocks through."""
    yield from (("stem_conv", "_conv_stem"), ("stem_bn", "_bn0"), ("top_conv", "_conv_head"), ("top_bn", "_bn1"))
    for i, block in enumerate(blocks(*SCALES[title])):
        theirs = f"_blocks.{i}"
        if block.expansion > 1:
            yield f"{block.name}_expand_conv", f"{theirs}._expand_conv"
            yield f"{block.name}_expand_bn", f"{theirs}._bn0"
        yield f"{block.name}_dwconv", f"{theirs}._depthwise_conv"
        yield f"{block.name}_bn", f"{theirs}._bn1"
        yield f"{block.name}_project_conv", f"{theirs}._project_conv"
        yield f"{block.name}_project_bn", f"{theirs}._bn2"


def _round_filters(n_filters: float) -> int:
    """Round to a multiple of eight, and never by more than a tenth downwards."""
    rounded = max(WIDTH_DIVISOR, int(n_filters + WIDTH_DIVISOR / 2) // WIDTH_DIVISOR * WIDTH_DIVISOR)
    return rounded + WIDTH_DIVISOR if rounded < 0.9 * n_filters else rounded


def _residual(x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
    layers, shortcut = load_keras().layers, x
    if block.expansion > 1:
        x = _convolution(x, block.expansion * x.shape[-1], 1, f"{block.name}_expand_conv")
        x = _activation(_normalization(x, f"{block.name}_expand_bn"), f"{block.name}_expand_activation")
    x = layers.DepthwiseConv2D(
        block.kernel_size, strides=block.strides, padding="same", use_bias=False, name=f"{block.name}_dwconv"
    )(x)
    x = _activation(_normalization(x, f"{block.name}_bn"), f"{block.name}_activation")
    x = _convolution(x, block.n_filters, 1, f"{block.name}_project_conv")
    x = _normalization(x, f"{block.name}_project_bn")
    return layers.Add(name=f"{block.name}_add")([x, shortcut]) if block.has_shortcut else x


def _convolution(
    x: keras.KerasTensor, n_filters: int, kernel_size: int, name: str, strides: int = 1
) -> keras.KerasTensor:
    layers = load_keras().layers
    return layers.Conv2D(n_filters, kernel_size, strides=strides, padding="same", use_bias=False, name=name)(x)


def _normalization(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return load_keras().layers.BatchNormalization(epsilon=EPSILON, name=name)(x)


def _activation(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return load_keras().layers.ReLU(max_value=6.0, name=name)(x)
