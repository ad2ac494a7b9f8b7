"""What can be done with everything that is selected on a map: label, remove, look closer, download."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.extraction import export
from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import pickers
from pages._ui.images import choice, gallery
from pages._ui.shell import formatting, frame, session, writing

if TYPE_CHECKING:
    import pandas as pd

_ONLY_IMAGES = "Only images can be labelled here. Other rows keep the labels of their file."


def table_of(features: Features, chosen: ImageSet, unseen: list[int]) -> pd.DataFrame:
    """List images, then rows that have no image."""
    import pandas as pd

    rows = list(zip(chosen.names, chosen.labels, chosen.digests, strict=True))
    rows += [(features.names[row], features.labels[row], "") for row in unseen]
    return pd.DataFrame(rows, columns=["name", "label", "sha256"])


def actions(run: Run, features: Features, rows: list[int], chosen: ImageSet, unseen: list[int]) -> None:
    """Offer what can be done."""
    bar = st.container(horizontal=True, gap="small")
    has_images = len(chosen) > 0
    words = None if has_images else _ONLY_IMAGES
    with bar.popover("Label them", icon=":material/label:", disabled=not has_images, help=words):
        _label(chosen)
    with bar.popover("Download", icon=":material/download:"):
        _downloads(features, rows, functools.partial(table_of, features, chosen, unseen))
    if has_images and run.spec.takes_images:
        see_heatmaps(bar, chosen)
    if has_images:
        gallery.remove_all(chosen, bar, what="selected here", key="remove_selected")


def _label(chosen: ImageSet) -> None:
    text = st.text_input("Label for these images", key="selection_label")
    if st.button("Apply label", type="primary", disabled=not text.strip(), key="give_label"):
        labels = dict.fromkeys(chosen.names, text.strip())
        if writing.try_to(lambda: session.workspace().set_labels(labels)):
            st.rerun(scope="app")


def _downloads(features: Features, rows: list[int], table: Callable[[], pd.DataFrame]) -> None:
    some = functools.cache(lambda: features.of_rows(rows))
    for words, name, kind, write in (
        ("List (.csv)", "selection", "text/csv", lambda: formatting.safe_csv(table())),
        ("Features (.npz)", "features", "application/octet-stream", lambda: export.to_npz(some())),
        ("Features (.csv)", "features", "text/csv", lambda: export.to_csv(some())),
        ("Features (.parquet)", "features", "application/vnd.apache.parquet", lambda: export.to_parquet(some())),
    ):
        st.download_button(
            words,
            data=write,
            file_name=f"featx-{name}.{words.partition('.')[2].rstrip(')')}",
            mime=kind,
            on_click="ignore",
            width="stretch",
        )


def see_heatmaps(bar: DeltaGenerator, chosen: ImageSet) -> None:
    """Lead to the heatmaps of some images by the run that is looked at."""
    n_shown = min(len(chosen), choice.MAX_HEATMAPS)
    words = None if n_shown == len(chosen) else f"Of the first {n_shown}: the Heatmaps page shows no more at once."
    if bar.button("See heatmaps", icon=":material/local_fire_department:", key="heatmaps_of_selection", help=words):
        pickers.take_images(chosen[:n_shown])
        frame.open_page("heatmaps")
