"""Beside a map: the images that are selected on it, and what to do with them."""

from collections import Counter

import pandas as pd
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.map import maps, pair
from pages._ui.shell import formatting, session, writing

_SHOWN = 60
_COUNTED = 6  # labels


def show(run: Run, features: Features, rows: list[int]) -> None:
    """Show the images of some rows of the features, several or none."""
    if not rows:
        st.markdown("**Selection**")
        st.caption(
            "Click a point to look at its image and its neighbours. Press L and draw a lasso, or B for a box, to select "
            "many; Shift adds, Esc clears. Scroll to zoom, drag to move: pictures appear as you come nearer."
        )
        return
    found = maps.images_of(features)
    chosen = ImageSet(dict.fromkeys(record for record in (found[row] for row in rows) if record is not None))
    unseen = [row for row in rows if found[row] is None]
    copies = "" if features.copies is None else f" ({len(rows)} of their rows)"
    st.markdown(f"**Selection: {_counted(len(chosen), len(unseen))}{copies}**")
    words = [record.label or "no label" for record in chosen]
    counts = Counter([*words, *(features.labels[row] or "no label" for row in unseen)]).most_common(_COUNTED)
    st.caption(formatting.escape(", ".join(f"{label} {count}" for label, count in counts)))
    pictured = [(row, record) for row in rows if (record := found[row]) is not None]
    if len(rows) == len(pictured) == len(chosen) == 2:
        (one, first), (other, second) = pictured
        pair.show(run, features, (one, other), (first, second))
    _actions(_listed(features, chosen, unseen), chosen)
    with st.container(key="map_selected", border=False):
        if len(chosen):
            images = session.workspace().images()
            gallery.show(chosen[:_SHOWN], key="selection_gallery", size="S", labels=images.labels)
            if len(chosen) > _SHOWN:
                st.caption(f"The first {_SHOWN} are shown.")
        if unseen:
            st.dataframe(_listed(features, ImageSet([]), unseen)[["name", "label"]], hide_index=True, placeholder="")


def _counted(n_images: int, n_rows: int) -> str:
    words = [formatting.counted(n_images, "image")] if n_images or not n_rows else []
    return " and ".join([*words, *([formatting.counted(n_rows, "row")] if n_rows else [])])


def _listed(features: Features, chosen: ImageSet, unseen: list[int]) -> pd.DataFrame:
    """List images, then rows that have no image."""
    rows = [(record.name, record.label, record.digest) for record in chosen]
    rows += [(features.names[row], features.labels[row], "") for row in unseen]
    return pd.DataFrame(rows, columns=["name", "label", "sha256"])


def _actions(table: pd.DataFrame, chosen: ImageSet) -> None:
    label, download = st.columns(2)
    has_images = len(chosen) > 0
    words = None if has_images else "Only images can be labelled here. Other rows keep the labels of their file."
    with label.popover("Label them", icon=":material/label:", width="stretch", disabled=not has_images, help=words):
        text = st.text_input("Label for these images", key="selection_label")
        if st.button("Apply label", type="primary", disabled=not text.strip(), key="give_label"):
            labels = dict.fromkeys(chosen.names, text.strip())
            if writing.try_to(lambda: session.workspace().set_labels(labels)):
                st.rerun(scope="app")
    download.download_button(
        "List",
        data=lambda: formatting.safe_csv(table),
        file_name="featx-selection.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )
