"""A first look at a run on the Extract page: its PCA map and a few heatmaps."""

import streamlit as st

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.extraction.features import Features
from featx_core.figures.maps import map_figure
from featx_core.figures.style import CONFIG
from featx_core.heatmaps.overlay import OPACITY
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.methods import registry as methods
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid
from pages._ui.map import maps
from pages._ui.shell import formatting, jobs, session

N_IMAGES = 4
METHOD = "eigen_cam"


def show_map(run: Run, features: Features) -> None:
    """Show the PCA map of a run, coloured by label."""
    st.markdown("**A first map**")
    if len(features) < 2:
        st.caption("A map needs at least 2 rows.")
        return
    try:
        projection = maps.in_server(run, features, "pca", 2, 0, {})
    except ValueError as error:  # too few features that are numbers
        st.caption(str(error))
        return
    figure = map_figure(
        projection, names=features.row_names, groups=features.labels, group_title="Label", dark=session.is_dark()
    )
    figure.update_layout(height=360)
    st.plotly_chart(figure, key=f"glance_{run.digest[:12]}", theme=None, config=CONFIG)
    maps.show_caution(run, features)
    st.caption(maps.caption(projection))


def show_heatmaps(run: Run, images: ImageSet) -> None:
    """Show where the network looks in a few images, one of each label first."""
    st.markdown("**First heatmaps**")
    if not run.spec.takes_images:
        st.caption("Heatmaps need a network and images; this run holds only numbers.")
        return
    chosen = _varied(images)
    found = grid.ask(run, chosen, [METHOD], layer=None, target=None)
    if found.job is not None and found.job.state != "done":
        jobs.show(found.job)
    if found.problem:
        st.caption(formatting.escape(found.problem))
        return
    columns = st.columns(2)
    for index, record in enumerate(chosen):
        with columns[index % 2]:
            heatmap = found.heatmaps.get((record.digest, METHOD))
            if heatmap is None:
                st.skeleton(height=150)
            else:
                st.image(
                    grid.overlay(heatmap, record, OPACITY, SEQUENTIAL_SCALES[0], 480), width="stretch", alt=record.name
                )
                st.caption(formatting.escape(record.label or record.name))
    st.caption(" ".join(filter(None, (grid.caption(METHOD), formatting.escape(methods.heatmap_caption(run.spec))))))


def _varied(images: ImageSet) -> list[ImageRecord]:
    """Pick a few images, of as many labels as there are."""
    first_of: dict[str | None, ImageRecord] = {}
    for record in images:
        first_of.setdefault(record.label, record)
    firsts = list(first_of.values())[:N_IMAGES]
    taken = {record.name for record in firsts}
    return [*firsts, *(record for record in images if record.name not in taken)][:N_IMAGES]
