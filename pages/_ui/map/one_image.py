"""Beside a map: one image, its facts, and its true neighbours in the space of the features."""

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageRecord
from featx_core.measures.neighbors import nearest
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.map import maps
from pages._ui.map.canvas import Near
from pages._ui.shell import chosen, formatting, session, writing

SIDE = 220  # pixels, the width of the image at most


def neighbors(run: Run, features: Features, row: int) -> Near | None:
    """Find the neighbours of a row by the cosine of the features; None where they are no numbers or there are no others.

    Where an image has several rows, its features are their mean, and neighbours are other images.
    """
    about = (session.token(), run.digest, run.created, hash((features.digests, features.copies)), row)
    others = _nearest(about, features)
    return Near(row, others) if others else None


@st.cache_data(max_entries=64, show_spinner=False)
def _nearest(about: tuple[str, str, str, int, int], _features: Features) -> list[tuple[int, float]]:
    """Return rows of the features and their cosine distances, nearest first."""
    each, row = _features.per_image(), about[-1]
    n_copies = len(_features) // max(1, len(each))
    usable = np.flatnonzero(np.isfinite(each.vectors).all(axis=1))
    at = int(np.searchsorted(usable, row // n_copies))
    if at >= len(usable) or usable[at] != row // n_copies:
        return []
    vectors = each.vectors if len(usable) == len(each) else each.vectors[usable]
    return [(int(usable[near.row]) * n_copies, 1 - near.similarity) for near in nearest(vectors, at)]


def show(features: Features, row: int, near: Near | None) -> None:
    """Show one row of the features."""
    records = maps.images_of(features)
    record = records[row]
    st.markdown("**Selection: 1 image**" if record else "**Selection: 1 row**")
    with st.container(key="map_one"):
        if record is not None:
            st.image(formatting.preview(record), width=max(min(record.width, SIDE), 160), alt=record.name)
        with st.container(gap="small"):
            st.text(features.row_names[row])
            st.caption(formatting.escape(_facts(features, row, record)))
            if record is not None:
                _label(record)
    if near is not None:
        _neighbors(features, records, near)


def _facts(features: Features, row: int, record: ImageRecord | None) -> str:
    words = [f"Label: {features.labels[row] or 'no label'}"]
    told = maps.told(features).values()
    words += [f"{fact.title}: {'none' if fact.values[row] is None else fact.values[row]}" for fact in told]
    if record is not None:
        words.append(f"{record.width} x {record.height} pixels, {record.format}")
    return ". ".join(words) + "."


def _label(record: ImageRecord) -> None:
    with st.popover("Label it", icon=":material/label:"):
        text = st.text_input("Label for this image", key="selection_label")
        if st.button("Apply label", type="primary", disabled=not text.strip(), key="give_label"):
            labels = {record.name: text.strip()}
            if writing.try_to(lambda: session.workspace().set_labels(labels)):
                st.rerun(scope="app")


def _neighbors(features: Features, records: list[ImageRecord | None], near: Near) -> None:
    noun = "images" if records[near.row] is not None else "rows"
    st.markdown(f"**Nearest {noun} by features**")
    pictured = [(row, distance) for row, distance in near.others if records[row] is not None]
    labels = session.workspace().images().labels
    found = {record.name: row for row, _ in pictured if (record := records[row]) is not None}
    picked = gallery.pick(
        [record for row, _ in pictured if (record := records[row]) is not None],
        [f"{distance:.3f}" for _, distance in pictured],
        key="neighbors",
        labels=labels,
    )
    for row, distance in near.others:
        if records[row] is None:
            st.markdown(f"{formatting.escape(features.row_names[row])} :gray[{distance:.3f}]")
    st.caption(
        "With the cosine distance of the features (0 is the same direction). Lines on the map lead to them: long "
        "lines are neighbours that the map tears apart."
    )
    if picked in found:
        keys = chosen.keys_of(features.digests, features.copies)
        chosen.choose([keys[found[picked]]], by=f"neighbor:{found[picked]}")
        st.rerun(scope="fragment")
