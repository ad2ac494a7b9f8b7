"""Where features are taken from a network: the layer, and how a map becomes a vector."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import streamlit as st

from featx_core.architecture.layers import find_layer
from featx_core.architecture.outline import Outline
from pages._ui.networks.layer_choices import LAST, layer_words

Pooling = Literal["avg", "max", "flatten", "none"]
POOLINGS: Mapping[Pooling, str] = MappingProxyType(
    {"avg": "Average", "max": "Maximum", "flatten": "Flatten", "none": "None"}
)


def pick_layer(outline: Outline | None, key: str, default: int | str | None = None) -> int | str | None:
    """Let the user pick a layer. None is the last one.

    Args:
        outline: The network; None while it is being read.
        key: Of the widget.
        default: What is picked at first.
    """
    if outline is None:
        st.selectbox("Layer", ["Reading the layers ..."], disabled=True, key="layer_waiting")
        return default
    words = layer_words(outline.layers)
    if st.session_state.get(key) not in words:
        st.session_state.pop(key, None)
    choices = list(words)
    layer = st.selectbox(
        "Layer",
        choices,
        index=choices.index(default) if default in words else 0,
        format_func=lambda layer: words[layer],
        key=key,
        persist_state="session",
        help=(
            "The layer that features are taken from. Early stages respond to edges and colours, late ones to "
            "parts and objects."
        ),
    )
    return None if layer == LAST else layer


def pick_pooling(outline: Outline | None, layer: int | str | None) -> Literal["avg", "max", "flatten"] | None:
    """Let the user pick how the map of a layer becomes one vector, where there is a map."""
    n_sides = 3 if outline is None else len(outline.layers[find_layer(outline.layers, layer)].output_shape)
    if n_sides != 3:
        gives = "one vector per image" if n_sides == 1 else "a row of tokens per image and no map"
        st.caption(f"This layer gives {gives}, so there is nothing to pool.")
        return None
    picked = st.segmented_control(
        "Pooling",
        list(POOLINGS),
        default="avg",
        required=True,
        format_func=lambda name: POOLINGS[name],
        key="pooling",
        persist_state="session",
        help="How a feature map becomes one vector: the mean or maximum over all positions, all values flattened, or "
        "no pooling.",
    )
    return None if picked == "none" else picked
