"""How images of more than 8 bits are brought to 8: one choice for the whole workspace."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.images.image_set import ImageSet
from featx_core.images.rendering.scaling import SCALINGS
from featx_core.images.sorting.order import noted
from featx_core.workspace.rendered_images import deep_images, has_low_use
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, imports, session

TITLES: Mapping[str, str] = {
    "automatic": "Automatic",
    "type": "By type",
    "range": "By range",
    "percentiles": "By percentiles",
}
_KEY = "scaling"


def choose(workspace: Workspace, images: ImageSet, place: DeltaGenerator) -> None:
    """Offer the ways to scale deep images, where there are any."""
    n_deep = images.once("n_deep", lambda: len(deep_images(noted(images))), of_labels=False)
    if not n_deep:
        return
    current = workspace.rendering.scaling
    words = f"Scaling: {TITLES[current].lower()}"
    with place.popover(words, icon=":material/contrast:", key="scale_images", on_change="rerun") as opened:
        if not opened.open:
            return
        is_fixed = workspace.is_fixed("scaling")
        key = f"{_KEY}_{current}"
        st.radio(
            "From more than 8 bits to 8",
            list(SCALINGS),
            list(SCALINGS).index(current),
            format_func=TITLES.__getitem__,
            captions=list(SCALINGS.values()),
            key=key,
            disabled=is_fixed or imports.current(workspace) is not None,
            on_change=_rescale,
            args=(workspace, key, current),
            width=440,
        )
        of_all = f"{formatting.counted(n_deep, 'image')} of {len(images):,}".replace(",", " ")
        st.caption(f"Holds for {of_all}, and for those that come. The notes of each image say what was done.")
        if is_fixed:
            st.caption(
                "Runs hold features of these images as they are scaled now. Remove those runs, or start a new workspace, "
                "to scale them differently."
            )


def hint(images: ImageSet) -> str:
    """Say that some images are dark because they use little of their range, in words that can follow a sentence."""
    n_dark = images.once("n_dark", lambda: sum(map(has_low_use, noted(images).column("notes"))), of_labels=False)
    verb = "uses" if n_dark == 1 else "use"
    return f" {formatting.counted(n_dark, 'image')} {verb} little of the range: see Scaling." if n_dark else ""


def _rescale(workspace: Workspace, key: str, current: str) -> None:
    """Begin to scale; until that has ended, the choice shown is the one that holds."""
    asked = session.take(key)
    if isinstance(asked, str) and asked != current:
        imports.rescale(workspace, asked)
