"""Extract: pick a way to extract features, see what the network receives, run it."""

import streamlit as st

from featx_core import METHODS
from pages._ui import forms, frame, guards, inspection, jobs, results, runs, session, tokens

frame.guard()
workspace = session.workspace()
images = workspace.images()
st.title("Extract")
guards.need_images(images)

left, right = st.columns([5, 7], gap="large")
with left:
    method = forms.method_picker(METHODS)
    spec, batch_size = forms.FORMS[method](workspace)
outline = inspection.show_shapes(spec, left)
with right:
    inspection.show_input(spec, images)
    inspection.show_layers(spec, outline)

asked = {"spec": spec.to_json(), "batch_size": batch_size}
with left:
    words = f"Extract from {tokens.counted(len(images), 'image')}"
    pressed = st.button(words, type="primary", icon=":material/play_arrow:", width="stretch", key="run")
    st.caption(runs.expectation(workspace, spec, images))
if pressed or session.take("run_now"):
    runs.start(asked, spec, images)

st.divider()
job = runs.watched()
if job is not None and job.state != "done":
    jobs.show(job)
run = runs.latest(workspace, job)
if run is None:
    st.caption("Results appear here: shapes, the features as a picture and as a table, a first map and heatmaps.")
    st.stop()
features = runs.features_of(run)
if features is not None:
    results.show(run, features, images)
