"""Images: bring them in, look at them, label them."""

import streamlit as st

from pages._ui.images import browse, first_page, gallery, seen, upload
from pages._ui.images.lists import worth_a_look
from pages._ui.images.vectors import vector_files, vector_sets
from pages._ui.shell import fragments, frame, imports, jobs, runs, session

VIEWS = ("All images", "What the network sees", "Worth a look")

frame.guard()
workspace = session.workspace()
images = workspace.images()
if vector_files.is_waiting():
    st.title("Images", anchor=False)
    upload.show_reports(workspace)
    vector_files.show(workspace)
    fragments.end_page()

if not len(images) and not vector_sets.found(workspace):
    first_page.show(workspace)
    fragments.end_page()

head, action = st.columns([3, 1], vertical_alignment="bottom")
head.title("Images", anchor=False)
if imports.current(workspace) is not None:
    jobs.show_import()
upload.show_reports(workspace)
if not len(images):
    vector_sets.show(workspace)
    st.caption("There are no images yet. Rows named like an image will show its image.")
    with st.expander("Add images or more vectors", icon=":material/add:", key="add_first", expanded=True):
        upload.show_controls(workspace)
    fragments.end_page()
if action.button("Extract features", type="primary", icon=":material/memory:", width="stretch", key="to_extract"):
    runs.start_first(images)
    frame.open_page("extract")

with st.expander("Add more images", icon=":material/add_photo_alternate:", key="add_more", on_change="rerun") as more:
    if more.open:
        upload.show_controls(workspace)

vector_sets.show(workspace)
view = st.segmented_control(
    "View", VIEWS, default=VIEWS[0], required=True, key="images_view", label_visibility="collapsed"
)
if view in VIEWS[1:]:
    {VIEWS[1]: seen.show, VIEWS[2]: worth_a_look.show}[view](images)
    fragments.end_page()
browse.show(workspace, images)
if attribution := workspace.fact("attribution"):
    gallery.show_sources(attribution)
