"""Preprocessing: what happens to the pixel values before a network receives them. In numpy, never in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

IMAGENET_MEAN_BGR = np.array([103.939, 116.779, 123.68], dtype=np.float32)
IMAGENET_MEAN_RGB = np.array([0.485, 0.456, 0.406], dtype=np.float32)
IMAGENET_DEVIATION_RGB = np.array([0.229, 0.224, 0.225], dtype=np.float32)
CLIP_MEAN_RGB = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
CLIP_DEVIATION_RGB = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)

RGB = ("red", "green", "blue")
BGR = ("blue", "green", "red")
GREY = ("grey",)
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""How bright red, green and blue are: ITU-R BT.601, as in Pillow's mode "L"."""


@dataclass(frozen=True)
class Preprocessing:
    """One fixed way to turn pixels into network input.

    Attributes:
        title: The name that papers and Keras use.
        sentence: What it does, as shown.
        channel_order: The colours in the order in which the network receives them.
        function: From RGB `(..., height, width, 3)`, 0 to 255, uint8 or float, to a new float32 array
            `(..., height, width, n_channels)`.
    """

    title: str
    sentence: str
    channel_order: tuple[str, ...]
    function: Callable[[np.ndarray], np.ndarray]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Preprocess images; the given array is left as it is."""
        return self.function(images)


@dataclass(frozen=True)
class ChannelFacts:
    """How one channel of a network's input is distributed."""

    name: str
    mean: float
    deviation: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class NetworkInput:
    """What a network receives for one image.

    Attributes:
        fitted: uint8 RGB `(height, width, 3)`: the image at the size of the network.
        tensor: float32 `(height, width, n_channels)`: the numbers that the network receives, its channels in its own order.
        sentence: How the one was made from the other.
        channels: One row a channel, in the order of `tensor`.
    """

    fitted: np.ndarray
    tensor: np.ndarray
    sentence: str
    channels: tuple[ChannelFacts, ...]


def describe_input(fitted: np.ndarray, preprocessing: Preprocessing) -> NetworkInput:
    """Preprocess one fitted image and describe the result.

    Args:
        fitted: uint8 RGB `(height, width, 3)` at the size of the network. Not modified.
        preprocessing: A row of `PREPROCESSING`.
    """
    tensor = preprocessing(fitted)
    channels = tuple(_channel_facts(name, tensor[..., i]) for i, name in enumerate(preprocessing.channel_order))
    return NetworkInput(fitted, tensor, preprocessing.sentence, channels)


def _channel_facts(name: str, values: np.ndarray) -> ChannelFacts:
    exact = values.astype(np.float64)
    return ChannelFacts(name, float(exact.mean()), float(exact.std()), float(exact.min()), float(exact.max()))


def _subtract_mean(images: np.ndarray) -> np.ndarray:
    return images[..., ::-1].astype(np.float32) - IMAGENET_MEAN_BGR


def _scale_to_one(images: np.ndarray) -> np.ndarray:
    scaled = images.astype(np.float32)
    scaled /= 127.5
    scaled -= 1.0
    return scaled


def _standardize(
    images: np.ndarray, mean: np.ndarray = IMAGENET_MEAN_RGB, deviation: np.ndarray = IMAGENET_DEVIATION_RGB
) -> np.ndarray:
    scaled = images.astype(np.float32)
    scaled /= 255.0
    scaled -= mean
    scaled /= deviation
    return scaled


def _standardize_as_clip(images: np.ndarray) -> np.ndarray:
    return _standardize(images, CLIP_MEAN_RGB, CLIP_DEVIATION_RGB)


def _center_on_127(images: np.ndarray) -> np.ndarray:
    return (images.astype(np.float32) - np.float32(127)) / np.float32(128)


def _scale_to_unit(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / np.float32(255)


def _keep(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32)


def _grey_to_unit(images: np.ndarray) -> np.ndarray:
    return (images.astype(np.float32) @ LUMA / np.float32(255.0))[..., np.newaxis]


PREPROCESSING: Mapping[str, Preprocessing] = MappingProxyType(
    {
        "caffe": Preprocessing("caffe", "BGR, ImageNet mean subtracted (0..255)", BGR, _subtract_mean),
        "tf": Preprocessing("tf", "RGB scaled to -1..1", RGB, _scale_to_one),
        "lite": Preprocessing("lite", "RGB, 127 subtracted, divided by 128", RGB, _center_on_127),
        "torch": Preprocessing("torch", "RGB scaled to 0..1, standardized with ImageNet statistics", RGB, _standardize),
        "clip": Preprocessing(
            "clip", "RGB scaled to 0..1, standardized with the statistics of CLIP's images", RGB, _standardize_as_clip
        ),
        "unit": Preprocessing("unit", "RGB scaled to 0..1", RGB, _scale_to_unit),
        "none": Preprocessing("none", "RGB 0..255; any scaling is inside the network", RGB, _keep),
        "unit_grey": Preprocessing("unit, grey", "Grey (brightness) scaled to 0..1", GREY, _grey_to_unit),
    }
)
