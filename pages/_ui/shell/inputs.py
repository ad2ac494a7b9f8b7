"""Inputs that several forms ask for in the same words."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from featx_core.images.fitting import Fit

_FITS: Mapping[Fit, str] = MappingProxyType(
    {"crop": "Crop", "stretch": "Stretch", "pad": "Pad", "resize_crop": "Resize 256, crop 224"}
)
_MAX_SEED = 2**31 - 1


def fit_picker() -> Fit:
    """Let the user pick how an image becomes a square; the forms share what was picked."""
    return st.segmented_control(
        "How the image is resized",
        list(_FITS),
        default="crop",
        required=True,
        format_func=lambda name: _FITS[name],
        key="fit",
        persist_state="session",
        help="Crop: the middle square. Stretch: all of it, distorted. Pad: all of it, with grey borders. Resize 256, crop "
        "224: a smaller middle square, as torchvision cuts it. Features differ from one to the next, and from those of "
        "`load_img(target_size=...)` in Keras, which stretches and takes the nearest pixel.",
    )


def seed_input(label: str = "Seed", *, key: str, help: str) -> int:
    """Let the user set the seed of something random, from 0."""
    return int(st.number_input(label, 0, _MAX_SEED, key=key, persist_state="session", help=help))
