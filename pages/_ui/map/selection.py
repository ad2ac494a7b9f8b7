"""The drawn map, what is selected on it, and the gallery of the selection."""

from collections import Counter
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.figures.augmentation import with_trails
from featx_core.figures.features import scree_figure
from featx_core.figures.maps import map_figure
from featx_core.figures.style import CONFIG
from featx_core.images.image_set import ImageSet
from featx_core.maps.projection import Projection
from featx_core.specs.lambda_transform import begins_with_original
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.map import hover, maps
from pages._ui.networks import names
from pages._ui.shell import formatting, fragments, jobs, session, writing

_SHOWN = 60
HEIGHT = 620  # pixels


@fragments.draw
def show(run: Run, features: Features, projection: Projection, choice: maps.Choice) -> None:
    """Show the map and, beside it, the images that are selected on it."""
    grid = st.grid(3, min_column_width=250)
    left, right = grid.cell(column_span=2), grid.cell()
    figure = _figure(run, features, projection, choice)
    with left:
        with st.container(key="map_frame"):
            event = st.plotly_chart(
                figure,
                key=f"map_{run.digest[:8]}_{choice.name}_{choice.n_components}_{choice.color}_{choice.pictures}"
                f"{'_trails' if choice.trails else ''}",
                theme=None,
                config=CONFIG,
                on_select="rerun",
                selection_mode=("points", "box", "lasso"),
                height=HEIGHT,
            )
        hover.show(features)
        trails = " Lines join each image to its copies." if choice.trails else ""
        maps.show_caution(run, features, choice.color)
        st.caption(maps.caption(projection) + trails)
        if (job := names.fetch(run.spec)[1]) is not None:
            jobs.show(job)
        if "explained_variance" in projection.details:
            with st.expander(
                "Explained variance", icon=":material/bar_chart:", key="scree", on_change="rerun"
            ) as scree:
                if scree.open:
                    _scree(projection)
    with right:
        _selected(features, event)


def _figure(run: Run, features: Features, projection: Projection, choice: maps.Choice) -> go.Figure:
    rows = hash((features.names, features.labels, features.digests, features.copies))
    about = (session.thumbnails(), run.digest, run.created, rows, repr(choice), session.is_dark())
    return _drawn(about, features, projection, choice)


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawn(about: tuple[Any, ...], _features: Features, _projection: Projection, _choice: maps.Choice) -> go.Figure:
    """Draw a map, once for all that is selected on it: with 10 000 points it takes longer than all else after a click."""
    folder, *_, dark = about
    groups, title = maps.groups(_features, _projection, _choice.color)
    pictured = maps.images_of(_features) if _choice.pictures else []
    figure = map_figure(
        _projection,
        names=_features.row_names,
        groups=groups,
        group_title=title,
        dark=dark,
        thumbnails={row: folder + record.digest for row, record in enumerate(pictured) if record},
    )
    if _choice.trails:
        with_trails(figure, _projection, _features, from_first=begins_with_original(_features.spec), dark=dark)
    return figure.update_layout(dragmode="lasso") if _choice.n_components == 2 else figure


def _scree(projection: Projection) -> None:
    details = projection.details
    figure = scree_figure(details["explained_variance"], is_exact=details.get("is_exact", True), dark=session.is_dark())
    st.plotly_chart(figure, key="scree_chart", theme=None, config=CONFIG)
    st.caption(
        "Variance explained by each component, and the cumulative total. When the first two explain little, the map "
        "shows only a small part of the differences."
    )


def _selected(features: Features, event: object) -> None:
    rows = selected_rows(event)
    if not rows:
        st.markdown("**Selection**")
        st.caption(
            "Draw a lasso or box around points, or click one, to see the images here. Double-click the map to clear "
            "the selection."
        )
        return
    found = maps.images_of(features)
    chosen = ImageSet(dict.fromkeys(record for record in (found[row] for row in rows) if record is not None))
    unseen = [row for row in rows if found[row] is None]
    copies = "" if features.copies is None else f" ({len(rows)} of their rows)"
    st.markdown(f"**Selection: {_counted(len(chosen), len(unseen))}{copies}**")
    words = [record.label or "no label" for record in chosen]
    counts = Counter([*words, *(features.labels[row] or "no label" for row in unseen)]).most_common(6)
    st.caption(formatting.escape(", ".join(f"{label} {count}" for label, count in counts)))
    _actions(_listed(features, chosen, unseen), chosen)
    with st.container(height=HEIGHT - 170, border=False):
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


def selected_rows(event: object) -> list[int]:
    """Return the rows of the features that are selected on a map, in order."""
    points = getattr(getattr(event, "selection", None), "points", None) or []
    marks = [point.get("customdata") if hasattr(point, "get") else None for point in points]
    flat = [mark[0] if isinstance(mark, list | tuple) and mark else mark for mark in marks]
    return sorted({int(mark) for mark in flat if isinstance(mark, int | float)})
