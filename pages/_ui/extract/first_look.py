"""A first look at a run on the Extract page: its PCA map, a few heatmaps, and what the network calls these images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.comparison.shared_rows import take_places
from featx_core.extraction.features import Features
from featx_core.figures.maps import map_figure
from featx_core.figures.style import CONFIG
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.overlay import OPACITY, Heatmap
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.sorting import order
from featx_core.maps.projection import Projection
from featx_core.maps.trust import draw_rows
from featx_core.methods import registry as methods
from featx_core.predictions.predictions import Predictions
from featx_core.specs.networks import has_gradients
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid, targets
from pages._ui.map import maps
from pages._ui.networks import names
from pages._ui.shell import formatting, jobs, runs, session

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

N_IMAGES = 4
FOR_CLASSES, FOR_FEATURES = "grad_cam", "eigen_cam"  # the method where the network names classes, and where not
MAX_PICTURES = 100  # up to so many images are seen on the map at this size
PICTURE_SHARE = 0.1  # side of one, in shares of the map's width and height
MAX_POINTS = 5_000  # of a first map: the Map page shows all
NAMES_HEIGHT = 72  # pixels, of three lines
MARKER_SIZE = 5  # pixels, of the points that pictures stand on


def show_map(run: Run, features: Features) -> None:
    """Show the PCA map of a run, coloured by label."""
    st.header("A first map", anchor=False)
    if len(features) < 2:
        st.caption("A map needs at least 2 rows.")
        return
    shown = runs.sample_of(run, features, MAX_POINTS)
    try:
        projection, job = _pca(run, features, shown)
    except ValueError as error:  # too few features that are numbers
        st.caption(str(error))
        return
    if projection is None:
        if job is not None:
            jobs.show(job)
        return
    pictured = maps.images_of(features) if _is_pictured(run, features) else []
    thumbnails = {row: session.thumbnails() + record.digest for row, record in enumerate(pictured) if record}
    about = (session.token(), run.digest, run.created, hash((shown.row_names, shown.labels, shown.digests)))
    figure = _map(about, tuple(thumbnails.items()), session.is_dark(), projection, shown)
    st.plotly_chart(figure, key=f"glance_{run.digest[:12]}", theme=None, config=CONFIG, alt="PCA map")
    maps.show_caution(run, features)
    words = f"{MAX_POINTS:,} of {len(features):,} rows, drawn at random.".replace(",", " ")
    maps.show_caption(projection, words if shown is not features else "")


def _pca(run: Run, features: Features, shown: Features) -> tuple[Projection | None, Job | None]:
    """Lay out the rows that are shown; where there are too many to keep in memory, they are taken from the map of all."""
    if not features.is_stored:
        return maps.in_server(run, shown, "pca", 2, 0, {}), None
    whole, job = maps.fetch(run, features, maps.Choice("pca", 2, "label", 0, {}), alone=False)
    rows = draw_rows(len(features), MAX_POINTS, 0)
    return (None if whole is None else take_places(whole, rows)), job


@st.cache_resource(max_entries=32, show_spinner=False)
def _map(
    about: tuple[Any, ...],
    thumbnails: tuple[tuple[int, str], ...],
    dark: bool,
    _projection: Projection,
    _features: Features,
) -> Figure:
    """Draw the map once for each look at it: Plotly takes longer over a figure than a page over all else."""
    del about
    figure = map_figure(
        _projection,
        names=_features.row_names,
        groups=_features.labels,
        group_title="Label",
        dark=dark,
        thumbnails=dict(thumbnails),
        thumbnail_share=PICTURE_SHARE,
    )
    figure.update_layout(height=440)
    if thumbnails:
        figure.update_traces(marker_size=MARKER_SIZE)
    return figure


def _is_pictured(run: Run, features: Features) -> bool:
    return run.spec.takes_images and features.copies is None and len(features) <= MAX_PICTURES


@dataclass(frozen=True)
class Asked:
    """The heatmaps of a first look, as far as they are there.

    Attributes:
        images: Whose they are.
        method: A key of `HEATMAPS`.
        found: What is drawn, and the job that draws the rest.
        predictions: What the network calls the images, where that is known.
        naming: The job that finds it.
    """

    images: Sequence[ImageRecord]
    method: str
    found: grid.Drawn
    predictions: Predictions | None
    naming: Job | None

    @property
    def are_coming(self) -> bool:
        """Whether heatmaps are still being drawn."""
        return self.found.job is not None and not self.found.job.is_finished


def ask_heatmaps(run: Run, images: ImageSet) -> Asked | None:
    """Have heatmaps of a few images drawn, one of each label first, and their names found; None where a run has no images."""
    if not run.spec.takes_images:
        return None
    chosen = list(order.varied(images, N_IMAGES))
    target = targets.best_class(run)
    method = FOR_CLASSES if target is not None and has_gradients(run.spec) else FOR_FEATURES
    found = grid.ask(run, chosen, [method], layer=None, target=target)
    return Asked(chosen, method, found, *names.fetch(run.spec))


def show_heatmaps(run: Run, asked: Asked | None) -> None:
    """Show where the network looks in a few images."""
    st.header("First heatmaps", anchor=False)
    if asked is None:
        st.caption("Heatmaps need a network and images; this run holds only numbers.")
        return
    found, method = asked.found, asked.method
    waited_for = [job for job in (asked.naming, found.job) if job is not None and job.state != "done"]
    for job in waited_for:
        if job.is_finished:  # it failed or was cancelled
            jobs.show(job)
    if found.problem:
        st.caption(formatting.escape(found.problem))
        return
    grid.keep_places(asked.images)
    columns = st.columns(2)
    for index, record in enumerate(asked.images):
        with columns[index % 2]:
            _show_one(record, found.heatmaps.get((record.digest, method)), asked)
    st.caption(
        f"{HEATMAPS[method].title}: {HEATMAPS[method].draws}.",
        help=" ".join(filter(None, (HEATMAPS[method].caption, formatting.escape(methods.heatmap_caption(run.spec))))),
    )
    for job in waited_for:
        if not job.is_finished:
            jobs.show(job)


def _show_one(record: ImageRecord, heatmap: Heatmap | None, asked: Asked) -> None:
    """Show one heatmap with its names; what is still to come has its place."""
    with st.container(key=grid.place_key(record)):
        if heatmap is None:
            st.skeleton(height=150)
        else:
            pixels = grid.overlay(heatmap, record, OPACITY, SEQUENTIAL_SCALES[0], 480)
            st.image(pixels, width="stretch", alt=record.name)
    words = [record.label or record.name, *([heatmap.note] if heatmap is not None and heatmap.note else [])]
    st.caption("  \n".join(map(formatting.escape, words)))
    if asked.predictions is not None:
        names.show_best(asked.predictions, record.digest)
    elif asked.naming is not None and not asked.naming.is_finished:
        st.skeleton(height=NAMES_HEIGHT)
