"""Two spaces side by side: how alike they are, two maps with one selection, the images that moved."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from featx_core.comparison.shared_rows import shared_rows, take_places, take_rows
from featx_core.comparison.tables import Comparison
from featx_core.extraction.features import Features
from featx_core.figures.maps import map_figure
from featx_core.figures.matrices import matrix_figure
from featx_core.figures.style import CONFIG, plain
from featx_core.images.image_set import ImageSet
from featx_core.maps.procrustes import align_map
from featx_core.maps.projection import Projection
from featx_core.maps.registry import PROJECTIONS
from featx_core.maps.trust import draw_rows
from featx_core.measures.neighbors import Mover, movers
from featx_core.measures.similarity import MEASURES
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.map import maps, selection
from pages._ui.shell import formatting, fragments, jobs, runs, session

N_MOVERS = 5
N_NEIGHBORS = 7
MAX_MOVERS_IMAGES = 2000  # so that all similarities fit in memory
PAIR = "pair"  # the key of the part of the page that holds the pair
_FIRST, _SECOND, _PRESSED = "pair_first", "pair_second", "pair_pressed"


def show_matrices(comparison: Comparison) -> None:
    """Show how alike the spaces are, each measure beside its noise floor. Pressing a cell opens the pair."""
    measure = st.segmented_control(
        "Measure", list(MEASURES), default="cka", required=True, format_func=lambda name: MEASURES[name], key="measure"
    )
    measure = measure or "cka"
    values, floor = comparison.matrix(measure), comparison.matrix(measure, "floor_high")
    figure = matrix_figure(values, title=MEASURES[measure], floor=floor, dark=session.is_dark())
    event = st.plotly_chart(
        _pressable(figure),
        alt=MEASURES[measure],
        key=f"matrix_{measure}",
        theme=None,
        config=CONFIG,
        on_select="rerun",
        selection_mode="points",
    )
    _open_pressed(event, dict(comparison.facts.get("runs", {})))
    st.caption(
        f"{_floor_words(floor.to_numpy(dtype=float))} Click a cell to see that pair.",
        help="1 means the same space up to rotation and scale (CKA), the same order of similarities (RSA) or the same "
        "neighbours (overlap). The noise floor is the highest value over ten shuffles of the images.",
    )
    st.download_button(
        "Matrix as CSV",
        data=lambda: formatting.safe_csv(values.rename_axis("extractor").reset_index()),
        file_name=f"featx-{measure}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _floor_words(floor: np.ndarray) -> str:
    """Say which similarities mean nothing, for a square matrix of noise floors; the diagonal has none."""
    known = floor[np.isfinite(floor)]
    return f"Below {known.max():.2f}, the noise floor, a value means nothing." if len(known) else ""


def _pressable(figure: go.Figure) -> go.Figure:
    """Let the unseen markers of a matrix take the pointer in place of the cells, which cannot be pressed."""
    cells, buttons = figure.data
    names, values = np.reshape(cells.customdata, (-1, 3)), np.ravel(cells.z)
    buttons.customdata = names.tolist()
    buttons.text = [
        f"{plain(first)} and {plain(second)}<br>{value:.3f}{floor}"
        for (first, second, floor), value in zip(names, values, strict=True)
    ]
    buttons.update(
        hoverinfo=None, hovertemplate="%{text}<extra></extra>", marker_size=max(8, 120 // len(values) ** 0.5)
    )
    cells.update(hoverinfo="skip", hovertemplate=None)
    return figure.update_layout(hoverdistance=60, dragmode=False)


def _open_pressed(event: object, digests: Mapping[str, str]) -> None:
    """Open the pair whose cell was pressed: once, so that another one can be picked afterwards."""
    points = getattr(getattr(event, "selection", None), "points", None) or []
    pressed = next((tuple(point["customdata"][:2]) for point in points), None)
    if pressed == session.recall(_PRESSED):
        return
    session.remember(_PRESSED, pressed)
    if pressed is not None and pressed[0] != pressed[1] and all(name in digests for name in pressed):
        session.remember(_FIRST, digests[pressed[0]])
        session.remember(_SECOND, digests[pressed[1]])
        session.remember(PAIR, True)


def show_pair(chosen: Sequence[Run]) -> None:
    """Show two maps side by side, aligned, with one selection, and the images whose neighbours changed most."""
    by_digest = {run.digest: run for run in chosen}
    digests = list(by_digest)
    _choose_first(_FIRST, digests, 0)
    _choose_first(_SECOND, digests, 1)
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    words = {digest: formatting.run_words(run) for digest, run in by_digest.items()}
    first = bar.selectbox("Left", digests, format_func=lambda digest: words[digest], key=_FIRST, width=380)
    second = bar.selectbox("Right", digests, format_func=lambda digest: words[digest], key=_SECOND, width=380)
    name = bar.segmented_control(
        "Projection",
        list(PROJECTIONS),
        default="pca",
        required=True,
        key="pair_projection",
        format_func=lambda name: PROJECTIONS[name].title,
    )
    if first == second:
        st.caption("Pick two different runs.")
        return
    show_two(by_digest[first], by_digest[second], name or "pca")


def show_two(left: Run, right: Run, projection: str = "pca") -> None:
    """Show the maps of two runs side by side, the right one laid on the left one, with one selection."""
    found = [_both(run, projection) for run in (left, right)]
    if any(item is None for item in found):
        return
    _linked(left, right, *[item for item in found if item is not None])


def _choose_first(key: str, digests: Sequence[str], index: int) -> None:
    if session.recall(key) not in digests:
        session.remember(key, digests[index])


def _both(run: Run, name: str) -> tuple[Features, Projection] | None:
    found = runs.features_of(run)
    features = found.per_image() if found is not None else None
    if features is None or len(features) < 2:
        st.caption("A map needs at least 2 images.")
        return None
    parameters = {item.name: item.default for item in PROJECTIONS[name].parameters}
    choice = maps.Choice(name, 2, "label", 0, parameters)
    try:
        projection, job = maps.fetch(run, features, choice, alone=False)
    except ValueError as error:  # too few features that are numbers
        st.info(str(error))
        return None
    if projection is None:
        if job is not None:
            jobs.show(job)
        return None
    return features, projection


@fragments.draw
def _linked(
    left_run: Run, right_run: Run, left: tuple[Features, Projection], right: tuple[Features, Projection]
) -> None:
    left, right = _in_common(left, right)
    (left_features, left_map), (right_features, right_map) = left, right
    try:
        right_map = align_map(right_map, left_map)
    except ValueError as error:  # the maps share too few images
        st.info(str(error))
        return
    grid = st.grid(2, min_column_width=380)
    with grid.cell():
        st.markdown(f"{formatting.run_dot(left_run)} {formatting.escape(left_run.title)}")
        event = st.plotly_chart(
            _figure(left_features, left_map),
            alt="The map on the left",
            key=f"pair_left_{left_run.digest[:8]}_{left_map.name}",
            theme=None,
            config=CONFIG,
            on_select="rerun",
            height=460,
        )
        maps.show_caution(left_run, left_features)
    rows = selection.selected_rows(event)
    with grid.cell():
        st.markdown(f"{formatting.run_dot(right_run)} {formatting.escape(right_run.title)}")
        figure = _lit(_figure(right_features, right_map), set(rows))
        figure.update_xaxes(title_text="Aligned axis 1 (unit of the left map)")
        figure.update_yaxes(title_text="Aligned axis 2 (unit of the left map)")
        st.plotly_chart(
            figure,
            key=f"pair_right_{right_run.digest[:8]}",
            theme=None,
            config=CONFIG,
            height=460,
            alt="The aligned map",
        )
        maps.show_caution(right_run, right_features)
    st.caption(
        "Draw a lasso on the left to highlight the same images on the right.",
        help="The right map is rotated, scaled and shifted onto the left one (Procrustes), which keeps its distance ratios.",
    )
    if rows:
        st.markdown(f"**Selection: {formatting.counted(len(rows), 'image')}**")
        _show_rows(left_features, rows[:24], key="pair_gallery")
    _movers((left_run, right_run), left_features, right_features)


def _in_common(
    left: tuple[Features, Projection], right: tuple[Features, Projection]
) -> tuple[tuple[Features, Projection], tuple[Features, Projection]]:
    """Cut both down to the images that they share, and say so where that leaves some out."""
    (left_features, left_map), (right_features, right_map) = left, right
    if left_features.digests == right_features.digests:
        return left, right
    ours, theirs = shared_rows(left_features, right_features)
    noun = "image" if left_features.spec.takes_images or right_features.spec.takes_images else "row"
    st.caption(
        f"{formatting.counted(len(ours), noun)} in both are shown, of {len(left_features)} on the left and "
        f"{len(right_features)} on the right. Each map was computed from all of its own images."
    )
    return (
        (take_rows(left_features, ours), take_places(left_map, ours)),
        (take_rows(right_features, theirs), take_places(right_map, theirs)),
    )


def _show_rows(features: Features, rows: Sequence[int], *, key: str) -> None:
    """Show the images of some rows, and the names of those that have none."""
    images = session.workspace().images()
    found = images.matching((features.names[row] for row in rows), (features.digests[row] for row in rows))
    pictured = ImageSet(dict.fromkeys(record for record in found if record is not None))
    if len(pictured):
        gallery.show(pictured, key=key, size="S", labels=images.labels)
    names = [features.names[row] for row, record in zip(rows, found, strict=True) if record is None]
    if names:
        st.markdown(formatting.escape(", ".join(names)))


def _figure(features: Features, projection: Projection) -> go.Figure:
    figure = map_figure(
        projection, names=features.names, groups=features.labels, group_title="Label", dark=session.is_dark()
    )
    return figure.update_layout(dragmode="lasso")


def _lit(figure: go.Figure, rows: set[int]) -> go.Figure:
    """Light up some images in a map, the others pale; with none selected all stay as they are."""
    for trace in figure.data if rows else ():
        marks = np.asarray(trace.customdata).reshape(len(trace.x), -1)[:, 0]
        trace.selectedpoints = [index for index, mark in enumerate(marks) if int(mark) in rows]
        trace.unselected = {"marker": {"opacity": 0.15}}
    return figure


def _movers(pair: tuple[Run, Run], first: Features, second: Features) -> None:
    """Show the images whose neighbours changed most, evaluated on the features and not on the maps."""
    rows = _compared_rows(first, second)
    if len(rows) < 3:
        return
    st.subheader("Images whose neighbours changed most", anchor=False)
    if len(rows) < len(first):
        st.caption(f"Among {formatting.counted(len(rows), 'image')} of {len(first)}.")
    made = tuple((run.digest, run.created) for run in pair)
    for mover in _moved(made, hash(first.digests), first, second, rows):
        name = first.names[mover.row]
        n_neighbors = len(mover.first)
        share = f"{100 * mover.kept:.0f} % of its {n_neighbors} nearest neighbours are the same"
        st.markdown(formatting.escape(f"{name}: {share}"))
        grid = st.grid(2, min_column_width=380)
        for side, run, neighbors in zip(("left", "right"), pair, (mover.first, mover.second), strict=True):
            with grid.cell():
                st.caption(f"{formatting.run_dot(run)} {formatting.escape(run.title)}")
                _show_rows(first, [mover.row, *neighbors], key=f"mover_{side}_{mover.row}")
    st.caption("The image itself, followed by its nearest neighbours in each space (cosine similarity).")


def _compared_rows(first: Features, second: Features) -> np.ndarray:
    """Return the rows that are numbers in both spaces; of very many, a sample that is always the same."""
    rows = np.arange(len(first))
    if first.is_stored or second.is_stored:
        rows = draw_rows(len(rows), MAX_MOVERS_IMAGES, 0)
        first, second = first.of_rows(rows.tolist()), second.of_rows(rows.tolist())
    is_finite = np.isfinite(first.vectors).all(axis=1) & np.isfinite(second.vectors).all(axis=1)
    rows = rows[is_finite]
    return np.asarray(rows[draw_rows(len(rows), MAX_MOVERS_IMAGES, 0)])


@st.cache_data(max_entries=16, show_spinner=False)
def _moved(
    made: tuple[tuple[str, str], ...], digests: int, _first: Features, _second: Features, _rows: np.ndarray
) -> list[Mover]:
    """Find the movers once, not with every selection; their rows are those of the features."""
    del made, digests
    vectors = (features.of_rows(_rows.tolist()).vectors for features in (_first, _second))
    found = movers(*vectors, n_neighbors=N_NEIGHBORS, limit=N_MOVERS)
    return [
        Mover(int(_rows[row]), kept, tuple(_rows[list(ones)].tolist()), tuple(_rows[list(others)].tolist()))
        for row, kept, ones, others in found
    ]
