"""Map: lay the features out in two or three dimensions, select, look closer."""

import streamlit as st

from featx_core import PROJECTIONS
from pages._ui.map import clusters, link, maps, placing, selection
from pages._ui.shell import fragments, frame, guards, jobs, runs, session, undo

frame.guard()
workspace = session.workspace()
st.title("Map", anchor=False)
found = guards.need_runs(workspace)
link.read(found)
undo.show()

bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
with bar:
    run = runs.pick(found)
features = runs.features_of(run)
if features is None or len(features) < 2:
    st.info("A map needs at least 2 images or rows with features. Add more, then extract again.")
    fragments.end_page()
choice = placing.settle(run, features, maps.controls(bar, features))
link.write(run, choice)
link.read_selection(features)

try:
    projection, job = maps.fetch(run, features, choice)
except ValueError as error:  # too few features that are numbers
    st.info(str(error))
    fragments.end_page()
if (job is not None and not job.is_finished) or projection is None:
    with st.container(height=620, border=True):
        rows = ("images" if features.copies is None else "copies") if run.spec.takes_images else "rows"
        st.markdown(f"**{PROJECTIONS[choice.name].title} of {len(features):,} {rows}**".replace(",", " "))
        if job is not None:
            jobs.show(job)
    fragments.end_page()

grouping = clusters.fetch(features, choice.color, choice.n_clusters)
selection.show(run, features, projection, choice, grouping)
