"""Labels on the Images page: filter by them, count them, edit them."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.images.image_set import ImageSet
from featx_core.images.sorting import order
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, writing

_LABELLED = "label"  # the kind of choice that a label is: one may be called "All images", too
_ALL, _NOTED, _UNLABELLED = ("all", "All images"), ("noted", "With a note"), ("unlabelled", "Without a label")


def choose(images: ImageSet, place: DeltaGenerator) -> tuple[str, str]:
    """Let the user pick which images to see; give the choice for `filtered`."""
    options = images.once("choices of labels", lambda: _options(images))
    return place.selectbox("Show", options, format_func=_words, key="show_images", width=260)


def _options(images: ImageSet) -> list[tuple[str, str]]:
    labels, _ = order.codes_of_labels(images)
    found = sorted(label for label in labels if label)
    options = [_ALL, *((_LABELLED, label) for label in found)]
    options += [_UNLABELLED] if found and None in labels else []
    return options + ([_NOTED] if len(order.noted(images)) else [])


def filtered(images: ImageSet, chosen: tuple[str, str]) -> ImageSet:
    """Return the images that were picked, in their order."""
    if chosen == _ALL:
        return images
    if chosen == _NOTED:
        return order.noted(images)
    return images.once(chosen, lambda: order.of_label(images, None if chosen == _UNLABELLED else chosen[1]))


def _words(option: tuple[str, str]) -> str:
    """Name a choice; the browser tells choices apart by these words."""
    kind, words = option
    is_ambiguous = kind == _LABELLED and words in (_ALL[1], _NOTED[1], _UNLABELLED[1])
    return f'Label "{words}"' if is_ambiguous else words


def sentence(images: ImageSet, shown: ImageSet) -> str:
    """Say how many images are shown, and how many labels there are."""
    n_labels = order.n_labels(images)
    words = formatting.counted(len(images), "image")
    if len(shown) != len(images):
        words = f"{formatting.counted(len(shown), 'image')} of {formatting.counted(len(images), 'image')}"
    return f"{words}, {formatting.counted(n_labels, 'label')}." if n_labels else f"{words}, no labels yet."


@st.dialog("Edit labels", width="large")
def edit(workspace: Workspace) -> None:
    """Edit the labels of all images in one table."""
    import pandas as pd

    images = workspace.images()
    st.caption("Edit labels in the table, or paste a column from a spreadsheet. An empty cell removes the label.")
    table = pd.DataFrame({"image": images.names, "label": [label or "" for label in images.labels]})
    edited = st.data_editor(table, disabled=["image"], hide_index=True, height=420, key="label_table")
    save, remove = st.columns(2)
    if save.button("Save labels", type="primary", width="stretch"):
        pairs = zip(edited["image"], edited["label"], strict=True)
        _set(workspace, {name: _cleaned(label) for name, label in pairs})
    if remove.button("Remove all labels", width="stretch"):
        _set(workspace, dict.fromkeys(images.names))


def _set(workspace: Workspace, labels: Mapping[str, str | None]) -> None:
    if writing.try_to(lambda: workspace.set_labels(labels)):
        st.rerun()


def _cleaned(cell: object) -> str | None:
    """Read a cell of the table; an emptied one comes as None or NaN."""
    return (cell.strip() or None) if isinstance(cell, str) else None
