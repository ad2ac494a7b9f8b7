"""Controls of the Heatmaps page: layer, images, looks."""

import streamlit as st

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.overlay import OPACITY
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.specs.spec import SpecError
from featx_core.workspace.runs import Run
from pages._ui.networks import outlines
from pages._ui.networks.layer_choices import layer_words
from pages._ui.shell import formatting, questions, session

OPACITY_WIDTH = 280  # pixels
MAX_IMAGES = 8
_FIRST_IMAGES = 3
_IMAGES = "heatmap_images"


def spatial_layer(run: Run) -> int | str | None:
    """Let the user pick a layer with height and width, up to the run's tap. None is the last of them."""
    try:
        outline = outlines.fetch(run.spec)
    except SpecError as error:
        st.caption(formatting.escape(str(error)))
        return None
    except questions.NoAnswerError as error:
        questions.offer_again(error)
        return None
    if outline is None:
        st.selectbox("Layer", ["Reading the layers ..."], disabled=True, key="heatmap_layer_waiting")
        return None
    layers = [info for info in outline.layers if info.is_spatial and info.index <= outline.tap]
    if not layers:
        st.caption("This network has no layer with height and width.")
        return None
    words = layer_words(layers)
    return st.selectbox(
        "Layer",
        list[int | str | None](words),
        format_func=lambda layer: words[layer],
        key=_layer_key(run),
        persist_state="session",
        help="Late layers are coarse and respond to objects; early layers are fine and respond to edges.",
        width=280,
    )


def chosen_layer(run: Run) -> int | str | None:
    """Return the layer of a run that was picked last, None for the last one."""
    found = session.recall(_layer_key(run))
    return found if isinstance(found, int | str) else None


def _layer_key(run: Run) -> str:
    return f"heatmap_layer_{run.digest[:12]}"


def some_images(images: ImageSet) -> list[ImageRecord]:
    """Let the user pick a few images; the first of different labels to begin with."""
    by_name = {record.name: record for record in images}
    names = st.multiselect(
        "Images",
        list(by_name),
        default=_different(images),
        max_selections=MAX_IMAGES,
        format_func=lambda name: f"{by_name[name].label}: {name}" if by_name[name].label else name,
        key=_IMAGES,
        persist_state="session",
        help=f"Up to {MAX_IMAGES}. Type to search by name or label.",
    )
    return [by_name[name] for name in names if name in by_name]


def take_images(images: ImageSet) -> None:
    """Let the page show these images, `MAX_IMAGES` at most, when it is opened next."""
    session.remember(_IMAGES, list(images.names[:MAX_IMAGES]))


def overlay_look() -> tuple[float, str]:
    """Let the user set opacity and colour map. Gives both."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        opacity = st.slider(
            "Opacity",
            0.0,
            1.0,
            OPACITY,
            0.05,
            key="opacity",
            persist_state="session",
            help="Opacity of the colours over the image.",
            width=OPACITY_WIDTH,
        )
        colormap = st.segmented_control(
            "Colours",
            list(SEQUENTIAL_SCALES),
            default=SEQUENTIAL_SCALES[0],
            required=True,
            key="colormap",
            persist_state="session",
        )
    return opacity, colormap


def _different(images: ImageSet) -> list[str]:
    first_of: dict[str | None, str] = {}
    for record in images:
        first_of.setdefault(record.label, record.name)
    return [*first_of.values(), *(name for name in images.names if name not in first_of.values())][:_FIRST_IMAGES]
