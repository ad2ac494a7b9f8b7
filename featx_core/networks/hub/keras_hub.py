"""The one place where KerasHub is imported."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from featx_core.backbones.hub_presets import INSTALL_HUB, has_keras_hub
from featx_core.base.keras_setup import float32_layers, load_keras
from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    import keras

    from featx_core.backbones.registry import Backbone


def load_keras_hub(backbone: Backbone) -> ModuleType:
    """Import KerasHub. Takes seconds the first time.

    Args:
        backbone: What it is needed for.

    Raises:
        SpecError: If it is not installed.
    """
    load_keras()
    if not has_keras_hub():
        raise SpecError(f"{backbone.title} needs an optional package. Install it with: {INSTALL_HUB}")
    import keras_hub

    del keras_hub
    return sys.modules["keras_hub"]


def make(backbone: Backbone, side: int, **others: Any) -> keras.Model:
    """Make a backbone of KerasHub as it initialises it.

    Args:
        backbone: A row of `BACKBONES` that has a preset.
        side: Height and width of its input.
        others: What its class is told besides, instead of what the row says.
    """
    if backbone.preset is None:
        raise ValueError(f"{backbone.title} does not come from KerasHub.")
    constructor = getattr(load_keras_hub(backbone).models, backbone.preset.class_name)
    with float32_layers():
        return constructor(**{**backbone.preset.config, "image_shape": (side, side, 3), **others})
