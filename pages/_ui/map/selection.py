"""The map with what is selected on it beside it, and what is said and offered under it."""

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.figures.features import scree_figure
from featx_core.figures.style import CONFIG
from featx_core.maps.projection import Projection
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.map import beside, canvas, clusters, downloads, link, maps, one_image, placing
from pages._ui.map.canvas import Drawn
from pages._ui.networks import names
from pages._ui.shell import chosen, formatting, fragments, jobs, session


@fragments.draw
def show(run: Run, features: Features, projection: Projection, choice: maps.Choice, grouping: Job | None) -> None:
    """Show the map and, beside it, the images that are selected on it; under it, the job that finds clusters, if any."""
    found = canvas.prepare(run, features, projection, choice)
    now = canvas.taken(found)
    keys = chosen.keys_of(features.digests, features.copies)
    mask = chosen.mask_of(now, keys)
    link.write_selection(mask, keys)
    rows = np.flatnonzero(mask)
    row = int(rows[0]) if len(rows) == 1 else None
    near = one_image.neighbors(run, features, row) if row is not None else None
    with st.container(key="map_area"):
        with st.container(key="map_main"):
            amount = _amount(run, features, len(projection.rows))
            canvas.show(found, canvas.name_of(projection, amount), now, near)
        with st.container(key="map_side"):
            if row is not None:
                one_image.show(run, features, row, near)
            else:
                beside.show(run, features, rows.tolist())
        with st.container(key="map_under"):
            if grouping is not None:
                jobs.show(grouping)
            _under(run, features, projection, choice, found)


def _amount(run: Run, features: Features, n_points: int) -> str:
    noun = ("image" if features.copies is None else "copy") if run.spec.takes_images else "row"
    return formatting.counted(n_points, noun) if noun != "copy" else f"{n_points} copies"


def _under(run: Run, features: Features, projection: Projection, choice: maps.Choice, found: Drawn) -> None:
    maps.show_caution(run, features, choice.color)
    maps.show_caption(projection, "Lines join each image to its copies." if choice.trails else "")
    if (job := names.fetch(run.spec)[1]) is not None:
        jobs.show(job)
    line = st.container(horizontal=True, gap="small")
    name = canvas.name_of(projection, _amount(run, features, len(projection.rows)))
    downloads.offer(line, run, features, projection, found, name)
    placing.offer_anew(line, run, features, choice)
    clusters.offer_names(line, features, choice.color, choice.n_clusters)
    if "explained_variance" in projection.details:
        with st.expander("Explained variance", icon=":material/bar_chart:", key="scree", on_change="rerun") as scree:
            if scree.open:
                _scree(projection)
    broken = bool(canvas.trouble())
    with st.expander(
        "Points as a table", icon=":material/table_rows:", key="map_table", on_change="rerun", expanded=broken
    ) as table:
        if table.open or broken:
            _table(features, projection, found)


def _table(features: Features, projection: Projection, found: Drawn) -> None:
    """List all points: for those who do not see the map, or whose browser cannot draw it."""
    table = downloads.table_of(features, projection).drop(columns="sha256")
    event = st.dataframe(
        table, hide_index=True, on_select="rerun", selection_mode="multi-row", key="map_points", placeholder=""
    )
    st.caption("Select rows to see their images.")
    _choose_rows(event, found)


def _choose_rows(event: object, found: Drawn) -> None:
    picked = tuple(getattr(getattr(event, "selection", None), "rows", None) or ())
    if not picked or picked == session.recall("map_table_seen", ()):
        return
    session.remember("map_table_seen", picked)
    chosen.choose([found.keys[point] for point in picked if point < len(found.keys)], by=f"table:{hash(picked)}")
    st.rerun(scope="fragment")


def _scree(projection: Projection) -> None:
    details = projection.details
    figure = scree_figure(details["explained_variance"], is_exact=details.get("is_exact", True), dark=session.is_dark())
    st.plotly_chart(figure, key="scree_chart", theme=None, config=CONFIG)
    st.caption(
        "When the first two explain little, the map shows little of the differences.",
        help="Variance explained by each component, and the cumulative total.",
    )


def selected_rows(event: object) -> list[int]:
    """Return the rows of the features that are selected on a figure of a map, in order."""
    points = getattr(getattr(event, "selection", None), "points", None) or []
    marks = [point.get("customdata") if hasattr(point, "get") else None for point in points]
    flat = [mark[0] if isinstance(mark, list | tuple) and mark else mark for mark in marks]
    return sorted({int(mark) for mark in flat if isinstance(mark, int | float)})
