"""Heatmaps of one image as a grid: a row a method, a column a layer."""

from collections.abc import Sequence

import streamlit as st

from featx_core.architecture.layers import LayerInfo
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.targets import Target
from featx_core.images.image_set import ImageRecord
from featx_core.specs.spec import SpecError
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid
from pages._ui.networks import outlines
from pages._ui.networks.layer_choices import column_words
from pages._ui.shell import jobs, questions

MAX_LAYERS = 5
_TITLE_WIDTH = 0.7  # of the column of methods, in widths of a picture
Column = int | str | None


def columns_of(run: Run) -> dict[Column, tuple[str, str]]:
    """Return the layers that are shown, each with its name and its shape: the stages up to the tap, the last ones of many."""
    try:
        outline = outlines.fetch(run.spec)
    except (SpecError, questions.NoAnswerError):  # the control of the layer says so
        return {}
    if outline is None:
        return {}
    spatial = [info for info in outline.layers if info.is_spatial and info.index <= outline.tap]
    shown = _stages(spatial)[-MAX_LAYERS:]
    return column_words(shown, spatial[-1]) if spatial else {}


def _stages(spatial: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Return the layers that end a stage, and the last one."""
    return [info for info in spatial if info.stage or info is spatial[-1]]


def of_layers(names: Sequence[str]) -> list[str]:
    """Return the methods among these that look at a layer."""
    return [name for name in names if HEATMAPS[name].is_at_layer]


def ask(
    run: Run, record: ImageRecord, columns: Sequence[Column], names: Sequence[str], *, target: Target | None
) -> grid.Drawn:
    """Fetch the heatmaps of all layers and methods, by layer and method, and have the missing ones drawn."""
    cells: dict[tuple[Column, str], HeatmapStudy] = {}
    for column in columns:
        found = grid.studies_of(run, [record], of_layers(names), layer=column, target=target)
        cells |= {(column, name): study for (_, name), study in found.items()}
    done, job = jobs.fetch_all(list(cells.values()), title="Heatmaps of one image by layer")
    shown = {(str(place[0]), place[1]): done[study] for place, study in cells.items() if study in done}
    return grid.Drawn(shown, job)


def show(
    drawn: grid.Drawn,
    record: ImageRecord,
    columns: dict[Column, tuple[str, str]],
    names: Sequence[str],
    *,
    opacity: float,
    colormap: str,
) -> None:
    """Show one row a method, with the layers beside each other."""
    widths = [_TITLE_WIDTH, *[1.0] * len(columns)]
    with st.container(key="layer_grid"):
        head = st.columns(widths)
        for place, (title, shape) in zip(head[1:], columns.values(), strict=True):
            place.markdown(f"**{title}**")
            place.caption(shape)
        rows = st.container(key=grid.place_key(record))
        for name in of_layers(names):
            method = HEATMAPS[name]
            row = rows.columns(widths, vertical_alignment="center")
            row[0].markdown(f"**{method.title}**", help=f"{method.caption} {method.scale} {method.reference}.")
            for place, (column, (title, _)) in zip(row[1:], columns.items(), strict=True):
                with place:
                    found: Heatmap | None = drawn.heatmaps.get((str(column), name))
                    grid.cell(found, record, name, words="", opacity=opacity, colormap=colormap, layer=title)
