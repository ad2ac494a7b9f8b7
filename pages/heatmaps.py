"""Heatmaps: where a layer sees something in an image, channel by channel and as a whole."""

import streamlit as st

from pages._ui.heatmaps import channels, faithful, grid, layers, pickers, shared, targets, whole, words
from pages._ui.images import order
from pages._ui.shell import fragments, frame, guards, jobs, runs, session

frame.guard()
workspace = session.workspace()
st.title("Heatmaps", anchor=False)
found = guards.need_runs(workspace)
images = workspace.images()
in_order = order.in_order(images)
chosen = pickers.some_images(in_order)
grid.keep_places(chosen)

bar = st.container(horizontal=True, vertical_alignment="top", gap="small")
with bar:
    run = runs.pick(found)
guards.need_network(run, found)
with bar:
    is_by_layer = pickers.by_layer()
    layer = None if is_by_layer else pickers.spatial_layer(run)
    target = targets.target(run, images)
line = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
with line:
    pickers.offer_choice(in_order, len(chosen))
    record = pickers.one_of(chosen) if is_by_layer and chosen else None
    opacity, colormap = pickers.overlay_look()
names = pickers.methods(run)
if not (chosen and names):
    st.caption("Pick at least one image." if names else "Pick at least one method that this network allows.")
    fragments.end_page()

columns = layers.columns_of(run) if record is not None else {}
if record is not None:
    drawn = layers.ask(run, record, list(columns), names, target=target)
else:
    drawn = grid.ask(run, chosen, names, layer=layer, target=target)
if drawn.job is not None and drawn.job.is_finished and drawn.job.state != "done":
    jobs.show(drawn.job)
whole.offer(run, grid.seen_sentence(drawn), images, waits=drawn.job is not None and whole.is_cut(run, chosen))
if record is not None:
    layers.show(drawn, record, columns, names, opacity=opacity, colormap=colormap)
else:
    grid.show_grid(drawn, chosen, names, opacity=opacity, colormap=colormap)
words.show(run, drawn, of_classes=target.of_classes)

with st.expander(shared.TITLE, icon=shared.ICON, key="shared", on_change="rerun") as together:
    if together.open:
        shared.show(run, chosen, layer=layer, opacity=opacity, n_columns=4, key="shared")
with st.expander(
    "Feature maps, channel by channel", icon=":material/grid_view:", key="maps", on_change="rerun"
) as maps:
    if maps.open:
        channels.show(run, chosen, layer=layer, colormap=colormap)
with st.expander("How faithful are these maps?", icon=":material/rule:", key="faithful", on_change="rerun") as part:
    if part.open:
        faithful.show(run, chosen, names, layer=layer, target=target)
