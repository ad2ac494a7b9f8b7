"""Extract: pick a way to extract features, see what the network receives, run it."""

import streamlit as st

from pages._ui.extract import forms, results, set_up, training
from pages._ui.images import one_click
from pages._ui.shell import fragments, frame, guards, jobs, runs, session

frame.guard()
workspace = session.workspace()
images = workspace.images()
st.title("Extract", anchor=False)
if one_click.is_coming_in(workspace):
    one_click.show_coming_in()
    fragments.end_page()
guards.need_rows(workspace)

if forms.offered(images) and runs.view() == runs.VIEWS[0]:
    set_up.show()
    fragments.end_page()

job = runs.watched()
run = runs.latest(workspace, job)
if job is not None and not job.is_finished:
    with st.container(height=620, border=True):
        one_click.show_steps_of(job, workspace)
        jobs.show(job)
        training.show_live(job)
elif job is not None and job.state != "done":
    jobs.show(job)
    training.offer_kept(job, images)
elif run is None:
    st.markdown("No features have been extracted yet.")
    st.caption("Results appear here: shapes, a first map, heatmaps and the features.")
elif (features := runs.features_of(run)) is not None:
    results.show(run, features, images)
