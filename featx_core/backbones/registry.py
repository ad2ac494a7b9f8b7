"""The backbones: the embedded one, EfficientNet-Lite, every network of `keras.applications`, and KerasHub's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from featx_core.backbones.families import FAMILIES
from featx_core.backbones.hub_presets import HUB_PRESETS, HubPreset
from featx_core.backbones.installed_files import INSTALLED_FILES, InstalledFile
from featx_core.backbones.measured import SuiteScore, read_measured
from featx_core.backbones.weights_files import BackboneFiles
from featx_core.backbones.weights_table import WEIGHTS_FILES

MAX_SIDE = 1024
"""Longest side of a network's input. Memory grows with its square."""

BYTES_PER_PARAMETER = 4


@dataclass(frozen=True)
class Backbone:
    """A pretrained network without its classifier.

    Attributes:
        title: Its usual name: its name in `keras.applications`, where it comes from there.
        family: A key of `FAMILIES`; of those in `keras.applications`, the module that holds it.
        side: Height and width of the input that it was trained for.
        minimum_side: The smallest height or width that it accepts.
        n_parameters: Without the classifier.
        n_parameters_with_top: With the classifier of 1 000 ImageNet classes; 0 where it has none.
        n_features: Channels of the last layer.
        batch_size: Images per forward pass at `side`, so that memory stays near 1 GB.
    """

    title: str
    family: str
    side: int
    minimum_side: int
    n_parameters: int
    n_parameters_with_top: int
    n_features: int
    batch_size: int

    @property
    def preprocessing(self) -> str:
        """A key of `PREPROCESSING`."""
        return FAMILIES[self.family].preprocessing

    @property
    def squares_deviation(self) -> bool:
        """Whether ImageNet weights need `weights.finish_imagenet`, see `Family`."""
        return FAMILIES[self.family].squares_deviation

    @property
    def normalizes_after_pooling(self) -> bool:
        """Whether the last layer belongs after the pooling, see `Family`."""
        return FAMILIES[self.family].normalizes_after_pooling

    @property
    def trained(self) -> str:
        """What `Pretrained.weights` calls the weights that it was trained to: a key of `WEIGHTS_KINDS`."""
        return FAMILIES[self.family].trained

    @property
    def origin(self) -> str:
        """Where the trained weights come from: a "download", an "installed package", or "featx" itself."""
        return FAMILIES[self.family].origin

    @property
    def weights_kinds(self) -> tuple[str, ...]:
        """The kinds of weights that there are for it, keys of `WEIGHTS_KINDS`, the trained ones first."""
        return self.trained, "random", "file"

    @property
    def has_classifier(self) -> bool:
        """Whether it was trained to name classes, and can keep the layers that do so."""
        return self.n_parameters_with_top > 0

    @property
    def about(self) -> str:
        """What users should know before they choose it."""
        return FAMILIES[self.family].about

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the input that it was trained for."""
        return self.side, self.side

    @property
    def measured(self) -> tuple[SuiteScore, ...]:
        """Its measured quality, where featx ships figures for it."""
        path = FAMILIES[self.family].measured
        return read_measured(path) if path else ()

    @property
    def files(self) -> BackboneFiles | None:
        """The files that can be downloaded; None where there is nothing to download."""
        return WEIGHTS_FILES.get(self.title)

    @property
    def installed_file(self) -> InstalledFile | None:
        """The file in a Python package that holds its weights; None where they come from elsewhere."""
        return INSTALLED_FILES.get(self.title)

    @property
    def preset(self) -> HubPreset | None:
        """What is known of it in KerasHub; None where it does not come from there."""
        return HUB_PRESETS.get(self.title)

    @property
    def download_bytes(self) -> int:
        """Approximate download size without the classifier. Keras pins no sizes: four bytes a parameter."""
        if self.preset is not None:
            return self.preset.download_bytes
        return self.n_parameters * BYTES_PER_PARAMETER if self.files else 0

    @property
    def download_bytes_with_top(self) -> int:
        """Approximate download size with the classifier."""
        return self.n_parameters_with_top * BYTES_PER_PARAMETER if self.files else 0

    @property
    def reference(self) -> str:
        """The paper."""
        return FAMILIES[self.family].paper

    def batch_size_at(self, image_size: tuple[int, int]) -> int:
        """Images per forward pass at another input size: fewer when larger, never more."""
        return max(1, min(self.batch_size, self.batch_size * self.side**2 // (image_size[0] * image_size[1])))


# fmt: off
BACKBONES: Mapping[str, Backbone] = MappingProxyType({
    "embedded_v1": Backbone("Embedded v1", "embedded", 112, 48, 1_144_944, 0, 256, 64),
    "mobilenet": Backbone("MobileNet", "mobilenet", 224, 32, 3_228_864, 4_253_864, 1024, 32),
    "mobilenet_v2": Backbone("MobileNetV2", "mobilenet_v2", 224, 32, 2_257_984, 3_538_984, 1280, 32),
    "mobilenet_v3_small": Backbone("MobileNetV3Small", "mobilenet_v3", 224, 32, 939_120, 2_554_968, 576, 32),
    "mobilenet_v3_large": Backbone("MobileNetV3Large", "mobilenet_v3", 224, 32, 2_996_352, 5_507_432, 960, 32),
    "efficientnet_lite0": Backbone("EfficientNet-Lite0", "efficientnet_lite", 224, 32, 3_413_024, 4_694_024, 1280, 32),
    "efficientnet_lite1": Backbone("EfficientNet-Lite1", "efficientnet_lite", 240, 32, 4_189_344, 5_470_344, 1280, 32),
    "efficientnet_lite2": Backbone("EfficientNet-Lite2", "efficientnet_lite", 260, 32, 4_869_168, 6_150_168, 1280, 16),
    "efficientnet_b0": Backbone("EfficientNetB0", "efficientnet", 224, 32, 4_049_571, 5_330_571, 1280, 32),
    "efficientnet_b1": Backbone("EfficientNetB1", "efficientnet", 240, 32, 6_575_239, 7_856_239, 1280, 32),
    "efficientnet_b2": Backbone("EfficientNetB2", "efficientnet", 260, 32, 7_768_569, 9_177_569, 1408, 16),
    "efficientnet_b3": Backbone("EfficientNetB3", "efficientnet", 300, 32, 10_783_535, 12_320_535, 1536, 16),
    "efficientnet_b4": Backbone("EfficientNetB4", "efficientnet", 380, 32, 17_673_823, 19_466_823, 1792, 8),
    "efficientnet_b5": Backbone("EfficientNetB5", "efficientnet", 456, 32, 28_513_527, 30_562_527, 2048, 4),
    "efficientnet_b6": Backbone("EfficientNetB6", "efficientnet", 528, 32, 40_960_143, 43_265_143, 2304, 4),
    "efficientnet_b7": Backbone("EfficientNetB7", "efficientnet", 600, 32, 64_097_687, 66_658_687, 2560, 2),
    "efficientnet_v2b0": Backbone("EfficientNetV2B0", "efficientnet_v2", 224, 32, 5_919_312, 7_200_312, 1280, 32),
    "efficientnet_v2b1": Backbone("EfficientNetV2B1", "efficientnet_v2", 240, 32, 6_931_124, 8_212_124, 1280, 32),
    "efficientnet_v2b2": Backbone("EfficientNetV2B2", "efficientnet_v2", 260, 32, 8_769_374, 10_178_374, 1408, 16),
    "efficientnet_v2b3": Backbone("EfficientNetV2B3", "efficientnet_v2", 300, 32, 12_930_622, 14_467_622, 1536, 16),
    "efficientnet_v2s": Backbone("EfficientNetV2S", "efficientnet_v2", 384, 32, 20_331_360, 21_612_360, 1280, 8),
    "efficientnet_v2m": Backbone("EfficientNetV2M", "efficientnet_v2", 480, 32, 53_150_388, 54_431_388, 1280, 4),
    "efficientnet_v2l": Backbone("EfficientNetV2L", "efficientnet_v2", 480, 32, 117_746_848, 119_027_848, 1280, 4),
    "resnet50": Backbone("ResNet50", "resnet", 224, 32, 23_587_712, 25_636_712, 2048, 32),
    "resnet101": Backbone("ResNet101", "resnet", 224, 32, 42_658_176, 44_707_176, 2048, 16),
    "resnet152": Backbone("ResNet152", "resnet", 224, 32, 58_370_944, 60_419_944, 2048, 16),
    "resnet50_v2": Backbone("ResNet50V2", "resnet_v2", 224, 32, 23_564_800, 25_613_800, 2048, 32),
    "resnet101_v2": Backbone("ResNet101V2", "resnet_v2", 224, 32, 42_626_560, 44_675_560, 2048, 16),
    "resnet152_v2": Backbone("ResNet152V2", "resnet_v2", 224, 32, 58_331_648, 60_380_648, 2048, 16),
    "densenet121": Backbone("DenseNet121", "densenet", 224, 32, 7_037_504, 8_062_504, 1024, 32),
    "densenet169": Backbone("DenseNet169", "densenet", 224, 32, 12_642_880, 14_307_880, 1664, 16),
    "densenet201": Backbone("DenseNet201", "densenet", 224, 32, 18_321_984, 20_242_984, 1920, 16),
    "convnext_tiny": Backbone("ConvNeXtTiny", "convnext", 224, 32, 27_820_128, 28_589_128, 768, 8),
    "convnext_small": Backbone("ConvNeXtSmall", "convnext", 224, 32, 49_454_688, 50_223_688, 768, 8),
    "convnext_base": Backbone("ConvNeXtBase", "convnext", 224, 32, 87_566_464, 88_591_464, 1024, 8),
    "convnext_large": Backbone("ConvNeXtLarge", "convnext", 224, 32, 196_230_336, 197_767_336, 1536, 4),
    "convnext_xlarge": Backbone("ConvNeXtXLarge", "convnext", 224, 32, 348_147_968, 350_196_968, 2048, 4),
    "vgg16": Backbone("VGG16", "vgg16", 224, 32, 14_714_688, 138_357_544, 512, 16),
    "vgg19": Backbone("VGG19", "vgg19", 224, 32, 20_024_384, 143_667_240, 512, 16),
    "inception_v3": Backbone("InceptionV3", "inception_v3", 299, 75, 21_802_784, 23_851_784, 2048, 16),
    "inception_resnet_v2": Backbone(
        "InceptionResNetV2", "inception_resnet_v2", 299, 75, 54_336_736, 55_873_736, 1536, 8,
    ),
    "xception": Backbone("Xception", "xception", 299, 71, 20_861_480, 22_910_480, 2048, 16),
    "nasnet_mobile": Backbone("NASNetMobile", "nasnet", 224, 32, 4_269_716, 5_326_716, 1056, 32),
    "nasnet_large": Backbone("NASNetLarge", "nasnet", 331, 32, 84_916_818, 88_949_818, 4032, 4),
    "dinov2_small": Backbone("DINOv2-S/14", "dinov2", 224, 28, 22_155_264, 0, 384, 16),
    "dinov2_base": Backbone("DINOv2-B/14", "dinov2", 224, 28, 86_777_856, 0, 768, 8),
    "dinov3_small": Backbone("DINOv3-S/16", "dinov3", 224, 32, 21_596_544, 0, 384, 16),
    "dinov3_base": Backbone("DINOv3-B/16", "dinov3", 224, 32, 85_660_416, 0, 768, 8),
    "siglip_base": Backbone("SigLIP-B/16", "siglip", 224, 224, 92_884_420, 0, 768, 8),
    "siglip2_base": Backbone("SigLIP2-B/16", "siglip2", 224, 224, 92_884_420, 0, 768, 8),
    "clip_base": Backbone("CLIP-B/16", "clip", 224, 224, 85_799_621, 0, 768, 8),
    "vit_base": Backbone("ViT-B/16", "vit", 224, 224, 85_798_656, 0, 768, 8),
    "deit_tiny": Backbone("DeiT-T/16", "deit", 224, 224, 5_524_800, 0, 192, 32),
    "deit_small": Backbone("DeiT-S/16", "deit", 224, 224, 21_666_432, 0, 384, 16),
    "deit_base": Backbone("DeiT-B/16", "deit", 224, 224, 85_800_192, 0, 768, 8),
    "hgnetv2_b4": Backbone("HGNetV2-B4", "hgnetv2", 224, 32, 13_599_072, 0, 2048, 16),
    "swin_tiny": Backbone("Swin-T", "swin", 224, 224, 27_519_354, 0, 768, 16),
    "swin_small": Backbone("Swin-S", "swin", 224, 224, 48_837_258, 0, 768, 16),
    "swin_base": Backbone("Swin-B", "swin", 224, 224, 86_743_224, 0, 1024, 8),
})
# fmt: on


def find_backbone(name: str) -> Backbone:
    """Look a backbone up by its key.

    Raises:
        ValueError: If there is none of that name.
    """
    if name in BACKBONES:
        return BACKBONES[name]
    near = difflib.get_close_matches(name, BACKBONES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"There is no backbone {name!r}.{hint} The backbones are: {', '.join(BACKBONES)}.")


def check_image_size(backbone: Backbone, image_size: tuple[int, int]) -> None:
    """Refuse an input size that the backbone cannot take.

    Raises:
        ValueError: If a side is too short for the network, too long for memory, or not one that the network takes.
    """
    height, width = image_size
    if min(height, width) < backbone.minimum_side:
        side = backbone.minimum_side
        raise ValueError(f"{backbone.title} needs images of at least {side} x {side}. Received: {height} x {width}.")
    if max(height, width) > MAX_SIDE:
        raise ValueError(f"`image_size` may be at most {MAX_SIDE} x {MAX_SIDE}. Received: {height} x {width}.")
    if backbone.preset is not None:
        backbone.preset.check_image_size(backbone.title, backbone.image_size, image_size)
