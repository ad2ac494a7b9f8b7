"""Controls of the Heatmaps page: layer, images, looks."""

from collections.abc import Sequence

import streamlit as st

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.attention.kinds import NO_ATTENTION, has_attention
from featx_core.heatmaps.methods import HEATMAPS, NO_GRADIENTS, heatmaps_of
from featx_core.heatmaps.overlay import OPACITY
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.sorting import order
from featx_core.specs.networks import has_gradients, may_attend
from featx_core.specs.spec import SpecError
from featx_core.workspace.runs import Run
from pages._ui.images import choice, gallery
from pages._ui.networks import outlines
from pages._ui.networks.layer_choices import LAST, layer_words
from pages._ui.shell import formatting, questions, session

OPACITY_WIDTH = 280  # pixels
LAYER_WIDTH = 240  # pixels; with the run, the columns and the target it fills one line at 1440
FIRST_METHODS = ("activation_energy", "eigen_cam", "grad_cam")
_FIRST_IMAGES = 3
_GALLERY, _PAGE_SIZE = "heatmap_gallery", 48


def by_layer() -> bool:
    """Let the user see several images by method, or one image by layer."""
    shown = st.segmented_control(
        "Columns",
        ["Methods", "Layers"],
        default="Methods",
        required=True,
        key="heatmap_columns",
        persist_state="session",
    )
    return shown == "Layers"


def one_of(records: Sequence[ImageRecord]) -> ImageRecord:
    """Let the user pick one of the chosen images."""
    by_name = {record.name: record for record in records}
    name = st.selectbox("Image", list(by_name), key="heatmap_image", persist_state="session", width=200)
    return by_name.get(name, records[0])


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
        st.selectbox("Layer", ["Reading the layers ..."], disabled=True, key="heatmap_layer_waiting", width=LAYER_WIDTH)
        return None
    layers = [info for info in outline.layers if info.is_spatial and info.index <= outline.tap]
    if not layers:
        st.caption("This network has no layer with height and width.")
        return None
    words = layer_words(layers)
    picked = st.selectbox(
        "Layer",
        list[int | str](words),
        format_func=words.__getitem__,
        key=_layer_key(run),
        persist_state="session",
        help="Late layers are coarse and respond to objects; early layers are fine and respond to edges.",
        width=LAYER_WIDTH,
    )
    return None if picked == LAST else picked


def chosen_layer(run: Run) -> int | str | None:
    """Return the layer of a run that was picked last, None for the last one."""
    found = session.recall(_layer_key(run))
    return found if isinstance(found, int | str) and found != LAST else None


def _layer_key(run: Run) -> str:
    return f"heatmap_layer_{run.digest[:12]}"


def some_images(images: ImageSet) -> list[ImageRecord]:
    """Return the few images that were chosen, in the order of the gallery; at first one of each of several labels."""
    chosen = choice.for_heatmaps()
    gallery.hear(_GALLERY, chosen)
    if not chosen.is_set:
        chosen.take(order.varied(images, _FIRST_IMAGES).names)
    return list(images.named(chosen.names))


def offer_choice(images: ImageSet, n_chosen: int) -> None:
    """Let the user pick a few images by picture."""
    if st.button(f"Choose images ({n_chosen})", icon=":material/photo_library:", key="choose_images"):
        _choose(images)


@st.dialog("Choose images", width="large")
def _choose(images: ImageSet) -> None:
    chosen = choice.for_heatmaps()
    gallery.hear(_GALLERY, chosen)
    n_chosen = f"{len(chosen.names)} of at most {choice.MAX_HEATMAPS} chosen"
    wanted = st.text_input(n_chosen, type="search", live=True, placeholder="Name or label", key="search_heatmap_images")
    shown = order.matching(images, wanted)
    page = gallery.paged(shown, key="heatmap_gallery_page", page_size=_PAGE_SIZE)
    gallery.choose(page, chosen, key=_GALLERY, labels=images.labels)
    line = st.container(horizontal=True)
    if line.button("Show heatmaps", type="primary", key="heatmaps_chosen", disabled=not chosen.names):
        st.rerun()
    line.button("Clear", key="heatmaps_cleared", on_click=chosen.take, args=([],))


def take_images(images: ImageSet) -> None:
    """Let the page show these images, `choice.MAX_HEATMAPS` at most, when it is opened next."""
    choice.for_heatmaps().take(images.names[: choice.MAX_HEATMAPS])


def methods(run: Run) -> list[str]:
    """Let the user pick what is drawn, a column each: what the network of the run allows."""
    options = heatmaps_of(run.spec)
    kind = "_attending" if may_attend(run.spec) else "" if has_gradients(run.spec) else "_without_gradients"
    found = st.pills(
        "Methods",
        options,
        default=[name for name in FIRST_METHODS if name in options],
        selection_mode="multi",
        format_func=lambda name: HEATMAPS[name].title,
        key=f"heatmap_methods{kind}",
        persist_state="session",
        label_visibility="collapsed",
    )
    if not has_gradients(run.spec):
        st.caption(NO_GRADIENTS)
    refused = [name for name in found if HEATMAPS[name].rolls and not _attends(run)]
    return [name for name in HEATMAPS if name in found and name not in refused]


def _attends(run: Run) -> bool:
    """Whether the network of a run is a transformer whose attention can be read. Says so where it is none."""
    try:
        outline = outlines.fetch(run.spec)
    except (SpecError, questions.NoAnswerError):  # the control of the layer says so
        return False
    if outline is not None and not has_attention(outline.layers):
        st.caption(NO_ATTENTION)
    return outline is not None and has_attention(outline.layers)


def overlay_look() -> tuple[float, str]:
    """Let the user set opacity and colour map. Gives both."""
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
        format_func=str.capitalize,
        key="colormap",
        persist_state="session",
    )
    return opacity, colormap
