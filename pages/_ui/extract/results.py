"""After a run: the run card, the features as image and table, downloads, a first map and heatmaps."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import streamlit as st

from featx_core.extraction import export
from featx_core.extraction.features import Features
from featx_core.extraction.for_fiftyone import to_fiftyone
from featx_core.figures.features import features_figure
from featx_core.figures.style import CONFIG
from featx_core.images.image_set import ImageSet
from featx_core.measures.binning import FeaturePicture, feature_picture
from featx_core.tasks.requests import ExtractJob
from featx_core.workspace.runs import Run
from pages._ui.extract import as_code, first_look, method_results, run_actions
from pages._ui.shell import formatting, fragments, frame, jobs, runs, session, turns

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TABLE_COLUMNS = 64
_TABLE_ROWS = 1_000  # where there are too many for memory
MATRIX_HEIGHT = 450  # pixels
MATRIX_SECONDS = 2.0
"""After which the feature matrix no longer waits for the heatmaps above it."""

_MATRIX_IS_DUE = "matrix_is_due"  # the run whose matrix has waited long enough


def show(run: Run, features: Features, images: ImageSet) -> None:
    """Show everything that one run gave: its card at once, the rest once others have theirs, in turns with them."""
    _card(run, features, images)
    turns.let_pass(lambda: jobs.supervisor().is_waited_for(ExtractJob.task))
    with turns.one_at_a_time():
        _show_rest(run, features, images)


def _show_rest(run: Run, features: Features, images: ImageSet) -> None:
    asked = first_look.ask_heatmaps(run, images)  # the worker draws them while the map is drawn here
    grid = st.grid(2, min_column_width=400, gap=(16, 48))
    with grid.cell():
        first_look.show_map(run, features)
        if run.is_saved and st.button("Open the map", icon=":material/scatter_plot:", key="to_map"):
            session.remember("picked_run", run.digest)
            frame.open_page("map")
    with grid.cell():
        if asked is not None and asked.are_coming:
            asked = first_look.ask_heatmaps(run, images)
        first_look.show_heatmaps(run, asked)
        if (
            run.is_saved
            and run.spec.takes_images
            and st.button("See heatmaps", icon=":material/local_fire_department:", key="to_heatmaps")
        ):
            session.remember("picked_run", run.digest)
            frame.open_page("heatmaps")
    if run.spec.method in method_results.EXTRAS:
        method_results.EXTRAS[run.spec.method](run, features, images)
    st.header("Feature matrix", anchor=False)
    if asked is not None and asked.are_coming and session.recall(_MATRIX_IS_DUE) != run.digest:
        fragments.draw(_matrix_later, run_every=MATRIX_SECONDS)(run.digest, time.monotonic())
    else:
        _picture(run, features)
    if run.is_saved:
        as_code.show(run)
    with st.expander("Features as a table", icon=":material/table:", key="feature_table", on_change="rerun") as table:
        if table.open:
            _table(features)


def _card(run: Run, features: Features, images: ImageSet) -> None:
    details = run.details
    with st.container(border=True):
        head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        head.header(f"{formatting.run_dot(run)} {formatting.escape(run.title)}", anchor=False, width="content")
        actions = head.container(horizontal=True, gap="small", width="content")
        with actions.popover("Download", icon=":material/download:"):
            _downloads(run, features)
        run_actions.show(run, actions)
        facts = st.container(horizontal=True, gap="medium", key="run_facts")
        for title, value, words in _facts(run, features):
            facts.metric(title, value, help=words, width="content")
        st.caption(_small_print(run, features, images))
        for name, reason in details.get("skipped", [])[:5]:
            st.caption(f"Left out: {formatting.escape(name)} ({formatting.escape(reason)}).")
        for note in details.get("notes", []):
            st.caption(formatting.escape(note))


def _facts(run: Run, features: Features) -> list[tuple[str, str, str]]:
    """Return title, value and explanation of each number on the run card."""
    shape = ", ".join(map(str, (len(features), *features.feature_shape)))
    return [
        ("Shape", f"({shape})", f"{_rows_words(run, features)} x shape of the features of one."),
        ("Size", formatting.size(features.values.nbytes), "As float32, 4 bytes per value."),
        *(_speed(run) if run.spec.takes_images else ()),
        (
            "Dead features",
            f"{100 * run.details.get('dead_share', 0):.3g} %",
            "Features with the same value in every row.",
        ),
    ]


def _speed(run: Run) -> list[tuple[str, str, str]]:
    seconds, speed = run.details.get("seconds"), run.details.get("images_per_second")
    return [
        (
            "Time",
            f"{seconds:.3g} s" if seconds else "unknown",
            ("From the first image to the last, without building the network."),
        ),
        (
            "Images per second",
            f"{speed:.3g}" if speed else "all kept",
            "Rows that were already stored are not counted.",
        ),
    ]


def _rows_words(run: Run, features: Features) -> str:
    if not run.spec.takes_images:
        return "Rows"
    return "Images" if features.copies is None else "Copies of all images"


def _small_print(run: Run, features: Features, images: ImageSet) -> str:
    parts = [f":orange-badge[{formatting.escape(run.spec.badge)}]" if "random" in run.spec.badge else run.spec.badge]
    batch = run.details.get("batch_size")
    words = (run.details.get("engine", ""), f"batch {batch}" if batch else "") if run.spec.takes_images else ()
    parts += map(formatting.escape, words)
    if features.details.get("n_not_finite"):
        parts.append(f"{features.details['n_not_finite']} rows with values that are not finite")
    parts.append(f"digest `{run.digest[:12]}`")
    if run.spec.takes_images and len(images) > features.n_images:
        parts.append(f"{len(images) - features.n_images} images were added later: extract again to include them")
    return "  \u00b7  ".join(part for part in parts if part)


def _downloads(run: Run, features: Features) -> None:
    stem = formatting.file_stem(run.title)
    for words, kind, end, write in (
        ("NumPy (.npz)", "npz", ".npz", export.to_npz),
        ("Parquet (.parquet)", "parquet", ".parquet", export.to_parquet),
        ("Table (.csv)", "csv", ".csv", export.to_csv),
        ("Table for Orange (.csv)", "orange", "-orange.csv", export.to_orange),
        ("TensorBoard projector (.zip)", "projector", "-projector.zip", export.to_projector),
        ("FiftyOne dataset (.zip)", "fiftyone", "-fiftyone.zip", to_fiftyone),
    ):
        if kind == "fiftyone" and not run.spec.takes_images:
            continue
        st.download_button(
            words,
            data=functools.partial(write, features),
            file_name=f"{stem}{end}",
            key=f"download_{kind}",
            on_click="ignore",
            width="stretch",
        )
    st.caption("Readers take labels such as NA or None in a CSV for missing ones: NumPy and Parquet keep them.")


def _matrix_later(digest: str, since: float) -> None:
    """Keep the place of the feature matrix: it stands far below the heatmaps, which the browser draws first."""
    if time.monotonic() - since < MATRIX_SECONDS / 2:
        st.skeleton(height=MATRIX_HEIGHT)
    else:
        session.remember(_MATRIX_IS_DUE, digest)
        st.rerun(scope="app")


def _picture(run: Run, features: Features) -> None:
    n_all = len(features)
    features = runs.sample_of(run, features, first_look.MAX_POINTS) if features.is_stored else features
    about = (session.token(), run.digest, run.created, hash((features.row_names, features.digests)))
    picture, figure = _matrix(about, session.is_dark(), features)
    st.plotly_chart(figure, key=f"picture_{run.digest[:12]}", theme=None, config=CONFIG, alt="Feature matrix")
    row = "an image" if features.copies is None else "a copy of an image"
    row = row if run.spec.takes_images else "one of the table's"
    sample = "" if len(features) == n_all else f" {formatting.counted(len(features), 'row')} drawn at random."
    st.caption(
        f"Each row is {row}, columns are features. Look for constant columns and unusual rows.{sample}",
        help=f"One cell is the mean over {picture.images_a_row} x "
        f"{picture.features_a_column} values. Colours are clipped at the 2nd and 98th percentiles. The order of "
        "features has no meaning.",
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _matrix(about: tuple[Any, ...], dark: bool, _features: Features) -> tuple[FeaturePicture, Figure]:
    """Draw the matrix once for each look at it."""
    del about
    picture = feature_picture(_features.vectors)
    figure = features_figure(
        picture.values,
        names=[_features.row_names[row] for row in picture.rows],
        color_range=(picture.low, picture.high),
        features=picture.columns,
        dark=dark,
    )
    return picture, figure


def _table(features: Features) -> None:
    n_all = len(features)
    features = features.of_rows(range(min(n_all, _TABLE_ROWS))) if features.is_stored else features
    table = export.to_table(features)
    n_features = features.vectors.shape[1]
    n_named = table.shape[1] - n_features  # columns before the features
    st.dataframe(
        table.iloc[:, : _TABLE_COLUMNS + n_named], hide_index=True, height=formatting.table_height(len(table), 320)
    )
    if n_features > _TABLE_COLUMNS:
        st.caption(
            f"The first {_TABLE_COLUMNS} of {n_features:,} features. Downloads contain all of them.".replace(",", " ")
        )
    if len(features) < n_all:
        st.caption(f"The first {len(features):,} of {n_all:,} rows. Downloads contain all of them.".replace(",", " "))
