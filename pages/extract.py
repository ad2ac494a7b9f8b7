"""Extract: pick a way to extract features, see what the network receives, run it."""

import streamlit as st

from featx_core.tasks.requests import ExtractJob
from pages._ui.extract import forms, inspection, results, training
from pages._ui.images import one_click
from pages._ui.shell import formatting, fragments, frame, guards, jobs, runs, session

frame.guard()
workspace = session.workspace()
images = workspace.images()
st.title("Extract", anchor=False)
if one_click.is_coming_in(workspace):
    one_click.show_coming_in()
    fragments.end_page()
guards.need_rows(workspace)

if forms.offered(images) and runs.view() == "Set up":
    grid = st.grid(2, min_column_width=400, gap=(16, 32))
    left, right = grid.cell(), grid.cell()
    with left:
        asked = forms.FORMS[forms.method_picker(images)](workspace)
    spec = asked.spec
    outline = inspection.show_shapes(spec, left) if spec.takes_images else None
    left.button(
        f"{asked.verb} {runs.amount(workspace, spec, images)}",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        key="run",
        disabled=asked.problem is not None,
        on_click=runs.start,
        args=(ExtractJob(spec, asked.batch_size), images),
    )
    left.caption(formatting.escape(asked.problem) if asked.problem else runs.expectation(workspace, spec, images))
    with right:
        if asked.preview is not None:
            asked.preview(images)
        if spec.takes_images:
            inspection.show_input(spec, images)
    if spec.takes_images:
        inspection.show_layers(outline, asked.layer_key)
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
