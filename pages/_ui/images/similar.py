"""The images nearest to one image, by the features of a run."""

import streamlit as st

from featx_core.images.image_set import ImageRecord
from featx_core.workspace.runs import Run
from pages._ui.images import nearest
from pages._ui.shell import formatting, runs, session

_SHOWN = 9
_COLUMNS = 3


def show(record: ImageRecord) -> None:
    """Let the user ask for the images nearest to one."""
    found = session.workspace().ledger.runs()
    if not found:
        st.caption("Extract features first to find similar images here.")
        return
    with st.expander(
        "Find similar", icon=":material/image_search:", key=f"similar_{record.name}", on_change="rerun"
    ) as more:
        if more.open:
            _neighbors(record, runs.pick(found, key="similar_run"))


def _neighbors(record: ImageRecord, run: Run) -> None:
    features = runs.features_of(run)
    if features is None or record.digest not in features.digests:
        st.caption("This image has no features in that run. Extract again to add it.")
        return
    rows = [row for row, digest in enumerate(features.digests) if digest == record.digest]
    rows.sort(key=lambda row: features.names[row] != record.name)
    near = nearest.fetch(run, features, rows[0], n_neighbors=_SHOWN)
    if near is None:
        return
    if not near:
        st.caption("The features of this image are not all finite, so it has no neighbours.")
        return
    names, digests = ([column[row] for row, _ in near] for column in (features.names, features.digests))
    known = session.workspace().images().matching(names, digests)
    columns = st.columns(_COLUMNS)
    for place, (_, distance) in enumerate(near):
        image = known[place]
        if image is not None:
            with columns[place % _COLUMNS]:
                st.image(image.thumbnail(), width="stretch", alt=image.name)
                st.caption(f"{1 - distance:.2f} {formatting.escape(image.label or image.name)}")
    st.caption(
        "By cosine similarity of the features.",
        help="1 is the same direction. What is similar to this network may not look similar to you.",
    )
