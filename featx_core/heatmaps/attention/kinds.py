"""Which networks have attention that can be read, told from their outlines alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo

BLOCKS = frozenset(
    {
        "CLIPEncoderLayer",
        "DINOV2Layer",
        "DINOV3Layer",
        "MultiHeadAttention",
        "SigLIPEncoderLayer",
        "ViTEncoderBlock",
    }
)
"""The kinds of layers, as outlines name them, in which every token attends to all others."""

NO_ATTENTION = (
    "Attention rollout needs a transformer whose patches attend to the whole image, such as ViT, DINOv2 or CLIP; this network "
    "is none."
)


def has_attention(layers: Sequence[LayerInfo]) -> bool:
    """Whether a network has blocks with attention over the whole image.

    Args:
        layers: Of its outline.
    """
    return any(info.kind in BLOCKS for info in layers)
