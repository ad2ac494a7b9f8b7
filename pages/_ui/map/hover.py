"""The image that appears beside the pointer on a map."""

from pathlib import Path

import streamlit as st

from featx_core.extraction.features import Features
from pages._ui.map import maps
from pages._ui.networks import names
from pages._ui.shell import session

_hover = st.components.v2.component(
    "featx_hover", html="<span></span>", js=(Path(__file__).parent / "hover.js").read_text("utf-8")
)


def show(features: Features) -> None:
    """Let hovering over a point of the map above show its image, where it has one."""
    _hover(
        data={
            "folder": session.thumbnails(),
            "digests": _pictured(features),
            "says": names.words(names.kept(features.spec), _pictured(features)),
            "frame": "st-key-map_frame",
        },
        key="map_hover",
        height=1,
    )


def _pictured(features: Features) -> list[str | None]:
    """Return the digest of each row's image, None where it has none."""
    if features.spec.takes_images:
        return list(features.digests)
    return [record.digest if record else None for record in maps.images_of(features)]
