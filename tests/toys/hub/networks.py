"""Networks of KerasHub small enough to build in a blink, and their presets. Only for tests that have KerasHub."""

from types import SimpleNamespace

import numpy as np

from featx_core.backbones.hub_presets import HubPreset
from featx_core.networks.hub.keras_hub import make

SIDE = 32

VIT = {"patch_size": 8, "num_layers": 3, "hidden_dim": 16, "num_heads": 2, "intermediate_dim": 24}

CONFIGS = {
    "DINOV2Backbone": {**VIT, "position_embedding_shape": (48, 48), "num_register_tokens": 2},
    "DINOV3Backbone": {**VIT, "num_register_tokens": 4, "use_key_bias": False},
    "SigLIPVisionEncoder": VIT,
    "CLIPVisionEncoder": VIT,
    "ViTBackbone": {"patch_size": 8, "num_layers": 3, "hidden_dim": 16, "num_heads": 2, "mlp_dim": 24},
    "DeiTBackbone": VIT,
    "HGNetV2Backbone": {
        "depths": (1, 1),
        "embedding_size": 8,
        "hidden_sizes": (16, 32),
        "stem_channels": (3, 8, 8),
        "hidden_act": "relu",
        "use_learnable_affine_block": True,
        "stackwise_stage_filters": ([8, 8, 16, 1, 2, 3], [16, 8, 32, 2, 2, 5]),
        "apply_downsample": (False, True),
        "use_lightweight_conv_block": (False, True),
    },
    "SwinTransformerBackbone": {
        "embed_dim": 8,
        "depths": (2, 2),
        "num_heads": (2, 2),
        "window_size": 4,
        "patch_size": 4,
    },
}

N_FIRST = {"DINOV2Backbone": 3, "DINOV3Backbone": 5, "CLIPVisionEncoder": 1, "ViTBackbone": 1, "DeiTBackbone": 2}
"""Tokens before the patches."""


def row(name, **others):
    """A row as of `BACKBONES`, for a small network of that class."""
    within = {"SigLIPVisionEncoder": "SigLIPBackbone", "CLIPVisionEncoder": "CLIPBackbone"}.get(name, "")
    config = {**CONFIGS[name], **others}
    preset = HubPreset(
        f"a/b/keras/tiny_{name}/1", name, config, config.get("patch_size", 8), "none", "own", 1000, within
    )
    return SimpleNamespace(title=f"Tiny {name}", preset=preset, preprocessing="torch", image_size=(SIDE, SIDE))


def images(n_images=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n_images, SIDE, SIDE, 3)).astype(np.float32)


def fill(network, seed=1):
    """Draw every weight, so that none can be mixed up with another."""
    rng = np.random.default_rng(seed)
    for variable in network.weights:
        if variable.path.endswith("position_ids"):
            variable.assign(np.arange(variable.shape[1])[None])
        else:
            drawn = rng.normal(size=variable.shape) * 0.3
            variable.assign(np.abs(drawn) if variable.path.endswith("moving_variance") else drawn)
    return network


def plain(name, **others):
    """A backbone of KerasHub itself, with drawn weights."""
    return fill(make(row(name), SIDE, **others))


def run(made, batch):
    """What KerasHub's own network gives; of several stages the last."""
    inputs = {key: batch for key in made.input} if isinstance(made.input, dict) else batch
    found = made(inputs, training=False)
    return np.asarray(list(found.values())[-1] if isinstance(found, dict) else found)
