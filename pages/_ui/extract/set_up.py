"""The form of a run, and what depends on it: what the network receives, its layers, the button."""

import streamlit as st

from featx_core.tasks.requests import ExtractJob
from pages._ui.extract import forms, inspection
from pages._ui.shell import formatting, fragments, questions, runs, session


@fragments.draw
def show() -> None:
    """Show all of it. A control draws this part again and not what stands around it: half of the server's time."""
    if session.recall(runs.VIEW) != runs.VIEWS[0]:  # a run was begun
        st.rerun(scope="app")
    questions.begin_page()
    workspace = session.workspace()
    images = workspace.images()
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
