"""Inputs that several forms ask for in the same words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import streamlit as st

Fit = Literal["crop", "stretch", "pad"]
_FITS: Mapping[Fit, str] = MappingProxyType({"crop": "Crop", "stretch": "Stretch", "pad": "Pad"})
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
        help="Crop: the middle square. Stretch: all of it, distorted. Pad: all of it, with grey borders.",
    )


def seed_input(label: str = "Seed", *, key: str, help: str) -> int:
    """Let the user set the seed of something random, from 0."""
    return int(st.number_input(label, 0, _MAX_SEED, key=key, persist_state="session", help=help))
