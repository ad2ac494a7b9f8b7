"""All images: searched, sorted, looked at one by one, and chosen to act on many at once."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.images.image_set import ImageSet
from featx_core.images.sorting import order
from featx_core.predictions.predictions import Predictions
from featx_core.workspace.workspace import Workspace
from pages._ui.images import channels, choice, gallery, labels, scaling
from pages._ui.images.choice import Choice
from pages._ui.networks import names
from pages._ui.shell import formatting, frame

_GALLERY, _PAGE_SIZE = "gallery", 60


def show(workspace: Workspace, images: ImageSet) -> None:
    """Show the bar, what is chosen, and the gallery."""
    chosen = Choice("images")
    gallery.hear(_GALLERY, chosen)
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    wanted = bar.text_input(
        "Search",
        type="search",
        live=True,
        placeholder="Name, label or predicted class",
        key="search_images",
        persist_state="session",
        width=240,
    )
    picked = labels.choose(images, bar)
    sorted_by = bar.selectbox(
        "Sort",
        list(order.ORDERS),
        format_func=lambda name: order.ORDERS[name][0],
        key="sort_images",
        persist_state="session",
        width=140,
    )
    shown = labels.filtered(order.in_order(images, sorted_by), picked)
    shown = order.matching(shown, wanted or "", _says(images) if wanted else None)
    size = bar.segmented_control(
        "Size", list(gallery.SIZES), default="M", required=True, key="gallery_size", persist_state="session"
    )
    if bar.button("Edit labels", icon=":material/label:"):
        labels.edit(workspace)
    scaling.choose(workspace, images, bar)
    channels.choose(workspace, images, bar)
    line = st.container(horizontal=True, vertical_alignment="center", gap="small", key="chosen_images")
    _act(workspace, images, shown, chosen, line)
    if len(shown):
        page = gallery.paged(shown, key="gallery_page", page_size=_PAGE_SIZE)
        gallery.show(page, key=_GALLERY, size=size, labels=images.labels, chosen=chosen)
    else:
        st.caption("No image has all of these words in its name, label or predicted class.")


def _says(images: ImageSet) -> dict[str, str]:
    """Return what a network calls each image, where that is kept."""
    found: list[Predictions] = [kept for spec in names.classifiers() if (kept := names.kept(spec)) is not None]
    return dict(zip(images.digests, found[0].words(images.digests), strict=True)) if found else {}


def _act(workspace: Workspace, images: ImageSet, shown: ImageSet, chosen: Choice, line: DeltaGenerator) -> None:
    """Say how many images there are; where some are chosen, offer what can be done with them."""
    here = images.once("set of names", lambda: frozenset(images.names), of_labels=False) if chosen.names else ()
    picked = [name for name in chosen.names if name in here]
    if not picked:
        line.caption(labels.sentence(images, shown) + scaling.hint(images), width="content")
        if len(shown) < len(images):
            line.button("Choose these", icon=":material/check_box:", key="choose_shown", type="tertiary",
                        on_click=chosen.take, args=(shown.names,))  # fmt: skip
        return
    line.markdown(f"**{formatting.counted(len(picked), 'image')} chosen**", width="content")
    with line.popover("Label", icon=":material/label:"):
        label = st.text_input("Label of these images", key=f"label_chosen_{hash(tuple(picked))}", max_chars=200)
        if st.button("Set label", key="set_label"):
            gallery.change(lambda: workspace.set_labels(dict.fromkeys(picked, label.strip() or None)))
    if workspace.ledger.runs() and line.button(
        "See heatmaps",
        icon=":material/local_fire_department:",
        key="heatmaps_of_chosen",
        help=f"Of the first {choice.MAX_HEATMAPS}." if len(picked) > choice.MAX_HEATMAPS else None,
    ):
        choice.for_heatmaps().take(picked)
        frame.open_page("heatmaps")
    if line.button("Remove", icon=":material/delete:", key="remove_chosen"):
        gallery.change(lambda: _remove(workspace, picked, chosen))
    line.button("Clear", icon=":material/close:", key="choose_none", type="tertiary", on_click=chosen.take, args=((),))


def _remove(workspace: Workspace, picked: list[str], chosen: Choice) -> None:
    gallery.remove(workspace, picked)
    chosen.take(())
