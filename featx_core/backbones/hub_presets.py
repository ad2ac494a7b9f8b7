"""What is known of the networks of KerasHub: presets, architecture, tokens, licences. Its package is an optional extra."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Literal

INSTALL_HUB = 'pip install "keras-hub==0.32.*"'
"""What installs the extra."""


@functools.cache
def has_keras_hub() -> bool:
    """Whether KerasHub was installed when this was first asked. It is not imported: that takes seconds."""
    return find_spec("keras_hub") is not None


@dataclass(frozen=True)
class HubPreset:
    """One network of KerasHub.

    Attributes:
        handle: Where KerasHub keeps its trained weights on Kaggle: owner, model, framework, preset and version.
        class_name: The class of `keras_hub.models` that makes it.
        config: What that class is told, but for the size of the images.
        patch_size: Height and width of a patch in pixels of the network's input; of a Swin transformer at its first layer, of a
            convolutional network of a cell at its last one.
        license: Of the trained weights, as their authors state it.
        sizes: "multiples": any square of whole patches. "own": only the size that it was trained for.
        download_bytes: About how large the trained weights are. SigLIP and CLIP come with their text encoders.
        within: The class that holds this network beside a text encoder in its presets; empty where it is the whole preset.
    """

    handle: str
    class_name: str
    config: Mapping[str, Any]
    patch_size: int
    license: str
    sizes: Literal["multiples", "own"]
    download_bytes: int
    within: str = ""

    @property
    def name(self) -> str:
        """What KerasHub calls the preset."""
        return self.handle.split("/")[3]

    def check_image_size(self, title: str, own: tuple[int, int], size: tuple[int, int]) -> None:
        """Refuse a size that the network does not take.

        Raises:
            ValueError: If it is none.
        """
        height, width = size
        if self.sizes == "own" and size != own:
            raise ValueError(f"{title} takes images of {own[0]} x {own[1]} only. Received: {height} x {width}.")
        if height != width or height % self.patch_size:
            below = max(height, width) // self.patch_size * self.patch_size
            raise ValueError(
                f"{title} takes square images whose side is a multiple of {self.patch_size}, such as {below} x {below} or "
                f"{below + self.patch_size} x {below + self.patch_size}. Received: {height} x {width}."
            )


def _vit(patch_size: int, width: int, heads: int, **others: Any) -> dict[str, Any]:
    sizes = {"patch_size": patch_size, "num_layers": 12, "hidden_dim": width, "num_heads": heads}
    return {**sizes, "intermediate_dim": 4 * width, **others}


_DINOV2 = {"position_embedding_shape": (518, 518)}
_DINOV3 = {"use_key_bias": False}
_VIT = {"patch_size": 16, "num_layers": 12, "num_heads": 12, "hidden_dim": 768, "mlp_dim": 3072}
_SWIN = {"embed_dim": 96, "depths": (2, 2, 6, 2), "num_heads": (3, 6, 12, 24), "window_size": 7, "patch_size": 4}
_SWIN_SMALL = {**_SWIN, "depths": (2, 2, 18, 2)}
_SWIN_BASE = {**_SWIN_SMALL, "embed_dim": 128, "num_heads": (4, 8, 16, 32)}
_SWIN_LICENSE = "see the page of the preset"
_HGNETV2_B4 = {
    "depths": (1, 1, 3, 1),
    "embedding_size": 48,
    "hidden_sizes": (128, 512, 1024, 2048),
    "stem_channels": (3, 32, 48),
    "hidden_act": "relu",
    "use_learnable_affine_block": False,
    "stackwise_stage_filters": (
        [48, 48, 128, 1, 6, 3],
        [128, 96, 512, 1, 6, 3],
        [512, 192, 1024, 3, 6, 5],
        [1024, 384, 2048, 1, 6, 5],
    ),
    "apply_downsample": (False, True, True, True),
    "use_lightweight_conv_block": (False, False, True, True),
}
_CLIP_LICENSE = "not stated for the weights; the code of OpenAI is MIT"


def _deit(size: str, width: int, heads: int, n_bytes: int) -> HubPreset:
    return HubPreset(
        f"keras/deit/keras/deit_{size}_distilled_patch16_224_imagenet/1",
        "DeiTBackbone",
        _vit(16, width, heads),
        16,
        "Apache-2.0 (the authors' code)",
        "own",
        n_bytes,
    )


HUB_PRESETS: Mapping[str, HubPreset] = MappingProxyType(
    {
        "DINOv2-S/14": HubPreset(
            "keras/dinov2/keras/dinov2_small/1",
            "DINOV2Backbone",
            _vit(14, 384, 6, **_DINOV2),
            14,
            "Apache-2.0",
            "multiples",
            90_000_000,
        ),
        "DINOv2-B/14": HubPreset(
            "keras/dinov2/keras/dinov2_base/1",
            "DINOV2Backbone",
            _vit(14, 768, 12, **_DINOV2),
            14,
            "Apache-2.0",
            "multiples",
            350_000_000,
        ),
        "DINOv3-S/16": HubPreset(
            "keras/dinov3/keras/dinov3_vit_small_lvd1689m/1",
            "DINOV3Backbone",
            _vit(16, 384, 6, **_DINOV3),
            16,
            "DINOv3 License",
            "multiples",
            86_000_000,
        ),
        "DINOv3-B/16": HubPreset(
            "keras/dinov3/keras/dinov3_vit_base_lvd1689m/1",
            "DINOV3Backbone",
            _vit(16, 768, 12, **_DINOV3),
            16,
            "DINOv3 License",
            "multiples",
            344_000_000,
        ),
        "SigLIP-B/16": HubPreset(
            "keras/siglip/keras/siglip_base_patch16_224/1",
            "SigLIPVisionEncoder",
            _vit(16, 768, 12),
            16,
            "Apache-2.0",
            "own",
            813_000_000,
            "SigLIPBackbone",
        ),
        "SigLIP2-B/16": HubPreset(
            "keras/siglip/keras/siglip2_base_patch16_224/1",
            "SigLIPVisionEncoder",
            _vit(16, 768, 12),
            16,
            "Apache-2.0",
            "own",
            1_500_000_000,
            "SigLIPBackbone",
        ),
        "CLIP-B/16": HubPreset(
            "keras/clip/keras/clip_vit_base_patch16/3",
            "CLIPVisionEncoder",
            _vit(16, 768, 12),
            16,
            _CLIP_LICENSE,
            "own",
            598_000_000,
            "CLIPBackbone",
        ),
        "ViT-B/16": HubPreset(
            "keras/vit/keras/vit_base_patch16_224_imagenet/4",
            "ViTBackbone",
            _VIT,
            16,
            "Apache-2.0 (the authors' code)",
            "own",
            343_000_000,
        ),
        "DeiT-T/16": _deit("tiny", 192, 3, 22_000_000),
        "DeiT-S/16": _deit("small", 384, 6, 87_000_000),
        "DeiT-B/16": _deit("base", 768, 12, 343_000_000),
        "HGNetV2-B4": HubPreset(
            "keras/hgnetv2/keras/hgnetv2_b4_ssld_stage2_ft_in1k/1",
            "HGNetV2Backbone",
            _HGNETV2_B4,
            32,
            "Apache-2.0 (the authors' code)",
            "multiples",
            54_400_000,
        ),
        "Swin-T": HubPreset(
            "keras/swin-transformer/keras/swin_tiny_patch4_window7_224/1",
            "SwinTransformerBackbone",
            _SWIN,
            4,
            _SWIN_LICENSE,
            "own",
            110_000_000,
        ),
        "Swin-S": HubPreset(
            "keras/swin-transformer/keras/swin_small_patch4_window7_224/1",
            "SwinTransformerBackbone",
            _SWIN_SMALL,
            4,
            _SWIN_LICENSE,
            "own",
            196_000_000,
        ),
        "Swin-B": HubPreset(
            "keras/swin-transformer/keras/swin_base_patch4_window7_224/1",
            "SwinTransformerBackbone",
            _SWIN_BASE,
            4,
            _SWIN_LICENSE,
            "own",
            347_000_000,
        ),
    }
)
"""By the title of a row of `BACKBONES`. Licences as the authors state them: in the README of DINOv2, in the model cards of
DINOv3 and of KerasHub's SigLIP 2, and in the LICENSE files of google-research/vision_transformer,
facebookresearch/deit and PaddlePaddle/PaddleClas."""
