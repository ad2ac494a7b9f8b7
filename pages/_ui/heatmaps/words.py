"""What is said under heatmaps."""

import streamlit as st

from featx_core.heatmaps.methods import HEATMAPS
from featx_core.methods import registry as methods
from featx_core.predictions.classifiers import missing_words
from featx_core.predictions.predictions import ABOUT_SCORES
from featx_core.workspace.runs import Run
from pages._ui.heatmaps.grid import Drawn
from pages._ui.shell import formatting


def show(run: Run, drawn: Drawn, *, of_classes: bool) -> None:
    """Say how to read the maps in one line, and the rest where one asks for it."""
    at_layers = (heatmap for (_, name), heatmap in drawn.heatmaps.items() if HEATMAPS[name].is_at_layer)
    read_layers = dict.fromkeys(heatmap.layer for heatmap in at_layers if heatmap.layer)
    layer = next(iter(read_layers)) if len(read_layers) == 1 else ""
    more = ["Compare positions within a map, not colours between maps."]
    if of_classes:
        more.append(ABOUT_SCORES)
    elif methods.class_names(run.spec) is None:
        more.append(missing_words(run.spec))
    more += [f"{run.spec.badge}.", methods.heatmap_caption(run.spec)]
    st.caption(
        formatting.escape(f"Each map has its own scale.{f' {layer[0].upper()}{layer[1:]}.' if layer else ''}"),
        help=formatting.escape(" ".join(filter(None, more))),
    )
