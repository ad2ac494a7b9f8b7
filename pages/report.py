"""Report: a session as one page, to read offline, to print and to send."""

import streamlit as st

from pages._ui.report import form
from pages._ui.shell import formatting, frame, guards, jobs, session
from pages._ui.shell.serving import handed

frame.guard()
workspace = session.workspace()
st.title("Report")
runs = guards.need_runs(workspace)
grid = st.columns([2, 3], gap="large")
with grid[0]:
    study = form.show(workspace, runs, workspace.images())
    made, job = jobs.look_all([study])
    found = made.get(study)
    if found is None:
        st.button(
            "Make the report",
            type="primary",
            icon=":material/article:",
            width="stretch",
            key="make_report",
            disabled=job is not None and not job.is_finished,
            on_click=jobs.begin,
            args=(study,),
        )
    else:
        content = found.content
        st.download_button(
            f"Download ({formatting.size(len(content))})",
            data=lambda: content,
            file_name=f"{formatting.file_stem(study.title_text or workspace.title)}.html",
            mime="text/html",
            type="primary",
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
            key="download_report",
        )
    st.caption("One HTML file that works offline.")
    if words := form.left_out(study, workspace):
        st.caption(words)
with grid[1], st.container(height=780, border=True):
    if found is not None:
        token = session.token()
        st.iframe(f"/page/{token}/{handed.put(token, found.content)}", height=740, alt="Preview of the report")
    elif job is not None:
        jobs.show(job)
    else:
        st.caption("A preview appears here.")
