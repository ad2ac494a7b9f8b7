"""Beside a map: two images, and which places make them similar to the network."""

import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageRecord
from featx_core.measures.neighbors import cosine_dissimilarities
from featx_core.studies.similarity import SimilarityStudy
from featx_core.workspace.runs import Run
from pages._ui.map import heatmap
from pages._ui.shell import formatting, jobs, session


def show(run: Run, features: Features, rows: tuple[int, int], records: tuple[ImageRecord, ImageRecord]) -> None:
    """Say how near two images are by their features, and show on request what makes them so."""
    distance = cosine_dissimilarities(features.of_rows(rows).vectors)[0, 1]
    st.caption(f"Cosine distance of their features: {distance:.3f}.")
    if not run.spec.takes_images:
        return
    with st.expander(
        "Why are these two close?", icon=":material/compare:", key="map_pair", on_change="rerun"
    ) as opened:
        if opened.open:
            _places(run, records)


def _places(run: Run, records: tuple[ImageRecord, ImageRecord]) -> None:
    one, other = records
    studies = SimilarityStudy(run.spec, one.digest, other.digest), SimilarityStudy(run.spec, other.digest, one.digest)
    found, job = jobs.fetch_all(studies, title=studies[0].title(session.workspace()))
    if job is not None and job.state != "done":
        jobs.show(job)
    for problem in sorted(set((job.result or {}).get("problems", {}).values())) if job is not None else ():
        st.caption(formatting.escape(problem))
    if len(found) < len(studies):
        return
    places = st.columns(2)
    for place, record, study in zip(places, records, studies, strict=True):
        map_ = found[study]
        place.image(heatmap.laid_on(map_, record), width="stretch", alt=f"{record.name}: {map_.title}")
        place.caption(formatting.escape(" ".join(filter(None, (map_.title + ".", map_.note)))))
    st.caption(
        "Bright places make the two most alike. Each picture has its own scale.",
        help="The parts of all places add up to the cosine of the features of the two images.",
    )
