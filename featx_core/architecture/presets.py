"""Presets for custom networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from featx_core.architecture.rows import Row, layer
from featx_core.base.wording import counted


@dataclass(frozen=True)
class Preset:
    """One network to begin with.

    Attributes:
        title: Its name as shown.
        sentence: What it is.
        layers: Its rows.
        image_size: Height and width of its input.
        color: "rgb" or "grey".
        reference: Where it is from, or empty.
    """

    title: str
    sentence: str
    layers: tuple[Row, ...]
    image_size: tuple[int, int]
    color: Literal["rgb", "grey"] = "rgb"
    reference: str = ""


def _vgg_block(filters: int) -> tuple[Row, ...]:
    convolution = layer("Conv2D", filters=filters, kernel_size=3, padding="same", activation="relu")
    return convolution, convolution, layer("MaxPooling2D")


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "tutorial": Preset(
            "One convolution",
            "The smallest network, often used in tutorials: 32 filters of 3 x 3 pixels, pooled and flattened.",
            (layer("Conv2D", filters=32, kernel_size=3, activation="relu"), layer("MaxPooling2D"), layer("Flatten")),
            (64, 64),
        ),
        "lenet": Preset(
            "LeNet",
            "The network that read digits on cheques: two convolutions, then two dense layers, on grey images.",
            (
                layer("Conv2D", filters=6, kernel_size=5, activation="tanh"),
                layer("AveragePooling2D"),
                layer("Conv2D", filters=16, kernel_size=5, activation="tanh"),
                layer("AveragePooling2D"),
                layer("Flatten"),
                layer("Dense", units=120, activation="tanh"),
                layer("Dense", units=84, activation="tanh"),
            ),
            (32, 32),
            "grey",
            "LeCun et al. 1998, Gradient-based learning applied to document recognition; all channels connected",
        ),
        "small_vgg": Preset(
            "Small VGG",
            "Three blocks of two 3 x 3 convolutions and a pooling, as in VGG. Good for training.",
            (*_vgg_block(32), *_vgg_block(64), *_vgg_block(128), layer("GlobalAveragePooling2D")),
            (64, 64),
            reference="After Simonyan and Zisserman 2014, arXiv:1409.1556",
        ),
        "random_features": Preset(
            "Random-feature bank",
            "One wide convolution, averaged over the four quarters of the image. Works well without training.",
            (
                layer("Conv2D", filters=256, kernel_size=7, activation="relu"),
                layer("AveragePooling2D", pool_size=29),
                layer("Flatten"),
            ),
            (64, 64),
            reference="After Coates, Lee and Ng 2011, An analysis of single-layer networks in unsupervised feature learning",
        ),
    }
)


def name_network(layers: tuple[tuple[Any, ...], ...], image_size: tuple[int, int], color: str) -> str:
    """Name a network by its preset, or by its number of layers."""
    made = (layers, image_size, color)
    preset = next((row for row in PRESETS.values() if (row.layers, row.image_size, row.color) == made), None)
    return f'"{preset.title}"' if preset else f"network of {counted(len(layers), 'layer')}"
