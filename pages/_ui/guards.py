"""What a page says when something that it needs is missing: one sentence and one button."""

import streamlit as st

from featx_core.image_set import ImageSet
from featx_core.ledger import Run
from featx_core.workspace import Workspace
from pages._ui import frame


def need_images(images: ImageSet) -> None:
    """Stop the page here when there are no images."""
    if not len(images):
        st.markdown("There are no images in this workspace yet.")
        if st.button("Bring in images", type="primary", icon=":material/photo_library:"):
            frame.open_page("images")
        st.stop()


def need_runs(workspace: Workspace) -> list[Run]:
    """Stop the page here when nothing was extracted; give the runs, newest first."""
    need_images(workspace.images())
    found = workspace.ledger.runs()
    if not found:
        st.markdown("Nothing was extracted from these images yet.")
        if st.button("Extract features", type="primary", icon=":material/memory:"):
            frame.open_page("extract")
        st.stop()
    return found
