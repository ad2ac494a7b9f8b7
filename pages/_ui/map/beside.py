"""Beside a map: the images that are selected on it, and what to do with them."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet
from featx_core.predictions.colorings import NAMED
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import pickers, shared
from pages._ui.images import choice, gallery
from pages._ui.map import heatmap, listing, maps, pair, telling, whole_selection
from pages._ui.shell import formatting, session

_PAGE_SIZE = 60
_COUNTED = 6  # labels and classes
_FEW = 6  # images that need no search


def show(run: Run, features: Features, rows: list[int]) -> None:
    """Show the images of some rows of the features, several or none."""
    if not rows:
        st.markdown("**Selection**")
        its_image = "its image and " if run.spec.takes_images or any(maps.images_of(features)) else ""
        st.caption(
            f"Click a point to see {its_image}its neighbours.",
            help="Press L and draw a lasso, or B for a box, to select many; Shift adds, Esc clears. Scroll to zoom, drag to "
            "move: pictures appear as you come nearer. Arrow keys go from point to point, Enter selects.",
        )
        return
    found = maps.images_of(features)
    chosen, unseen = maps.chosen_of(features, rows)
    copies = "" if features.copies is None else f" ({len(rows)} of their rows)"
    st.markdown(f"**Selection: {_counted(len(chosen), len(unseen))}{copies}**")
    words = [label or "no label" for label in chosen.labels]
    st.caption(_most_of([*words, *(features.labels[row] or "no label" for row in unseen)]))
    _classes(features, rows)
    if len(rows) == len(chosen) == 2 and not unseen:
        first, second = (found[row] or chosen[0] for row in rows)
        pair.show(run, features, (rows[0], rows[1]), (first, second))
    whole_selection.actions(run, features, rows, chosen, unseen)
    if len(chosen) > 1 and run.spec.takes_images:
        _shared_colors(run, chosen)
    with st.container(key="map_selected", border=False):
        if len(chosen):
            _gallery(features, chosen)
        if unseen:
            table = whole_selection.table_of(features, ImageSet([]), unseen)
            st.dataframe(table[["name", "label"]], hide_index=True, placeholder="")
    telling.show(features, rows)


def _shared_colors(run: Run, chosen: ImageSet) -> None:
    """Show the first of the images in one set of colours, once it is asked for."""
    shown = list(chosen[: choice.MAX_HEATMAPS])
    with st.expander("Shared colours", icon=shared.ICON, key="map_shared", on_change="rerun") as together:
        if together.open:
            if len(shown) < len(chosen):
                st.caption(f"The first {len(shown)} of {len(chosen)} images.")
            layer = pickers.chosen_layer(run)
            shared.show(run, shown, layer=layer, opacity=heatmap.opacity(), n_columns=2, key="map_shared")


def _gallery(features: Features, chosen: ImageSet) -> None:
    shown = listing.arranged(chosen, features) if len(chosen) > _FEW else chosen
    page = gallery.paged(shown, key="selection_page", page_size=_PAGE_SIZE)
    if len(page):
        gallery.show(page, key="selection_gallery", size="S", labels=session.workspace().images().labels)


def _classes(features: Features, rows: Sequence[int]) -> None:
    """Count what a network calls them, where one has named the images."""
    named = maps.told(features).get(NAMED)
    if named is not None:
        st.caption(f"Predicted: {_most_of([str(named.values[row] or 'no class') for row in rows])}")


def _most_of(words: Sequence[str]) -> str:
    counts = Counter(words)
    listed = ", ".join(f"{word} {count}" for word, count in counts.most_common(_COUNTED))
    return formatting.escape(f"{listed} and {len(counts) - _COUNTED} more" if len(counts) > _COUNTED else listed)


def _counted(n_images: int, n_rows: int) -> str:
    words = [formatting.counted(n_images, "image")] if n_images or not n_rows else []
    return " and ".join([*words, *([formatting.counted(n_rows, "row")] if n_rows else [])])
