"""Heatmaps: where a layer sees something in an image, channel by channel and as a whole."""

import streamlit as st

from featx_core import HEATMAPS
from featx_core.methods import registry as methods
from featx_core.predictions.classifiers import missing_words
from featx_core.predictions.predictions import ABOUT_SCORES
from pages._ui.heatmaps import channels, grid, pickers, shared, targets, whole
from pages._ui.images import order
from pages._ui.shell import formatting, frame, guards, jobs, runs, session

frame.guard()
workspace = session.workspace()
st.title("Heatmaps")
found = guards.need_runs(workspace)
images = workspace.images()

bar = st.container(horizontal=True, vertical_alignment="top", gap="small")
with bar:
    run = runs.pick(found)
guards.need_network(run, found)
with bar:
    layer = pickers.spatial_layer(run)
    target = targets.target(run, images)
line = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
with line:
    chosen = pickers.some_images(order.in_order(images))
    opacity, colormap = pickers.overlay_look()
if not chosen:
    st.caption("Pick at least one image.")
    st.stop()

drawn = grid.ask(run, chosen, list(HEATMAPS), layer=layer, target=target)
if drawn.job is not None and drawn.job.state != "done":
    jobs.show(drawn.job)
whole.offer(run, grid.seen_sentence(drawn), images)
grid.show_grid(drawn, chosen, opacity=opacity, colormap=colormap)

with st.expander(shared.TITLE, icon=shared.ICON, key="shared", on_change="rerun") as together:
    if together.open:
        shared.show(run, chosen, layer=layer, opacity=opacity, n_columns=4, key="shared")
with st.expander(
    "Feature maps, channel by channel", icon=":material/grid_view:", key="maps", on_change="rerun"
) as maps:
    if maps.open:
        channels.show(run, chosen, layer=layer, colormap=colormap)
if target.of_classes:
    st.caption("Scores stand in the titles.", help=ABOUT_SCORES)
elif missing_words(run.spec) and methods.class_names(run.spec) is None:
    st.caption(formatting.escape(missing_words(run.spec)))
st.caption(formatting.escape(" ".join(filter(None, (run.spec.badge + ".", methods.heatmap_caption(run.spec))))))
