"""Stability of neighbours on the Compare page: a column of the table, measured when it is asked for."""

from collections.abc import Sequence

import streamlit as st

from featx_core.augmentation.transforms import PRESETS, transform_words
from featx_core.comparison.tables import Comparison
from featx_core.robustness.stability import MAX_IMAGES, N_COPIES
from featx_core.studies.maps.stability import StabilityStudy
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, jobs, session


def joined(comparison: Comparison, chosen: Sequence[Run]) -> Comparison:
    """Return the comparison with the stability of neighbours of the runs that it was measured for, if there are any."""
    found, _ = jobs.look_all(list(_studies(chosen).values()))
    by_digest = {digest: found[study] for digest, study in _studies(chosen).items() if study in found}
    if not by_digest:
        return comparison
    runs = comparison.facts.get("runs", {})
    return comparison.with_stability({name: by_digest[digest] for name, digest in runs.items() if digest in by_digest})


def show(chosen: Sequence[Run]) -> None:
    """Offer to measure what is missing, say how it is done, and why some cannot be measured."""
    studies = _studies(chosen)
    if not studies:
        return
    found, job = jobs.look_all(list(studies.values()))
    missing = [run for run in chosen if run.digest in studies and studies[run.digest] not in found]
    problems = (job.result or {}).get("problems", {}) if job is not None and job.state == "done" else {}
    if missing and job is None:
        if st.button("Measure stability", icon=":material/join:", key="measure_stability"):
            title = f"Stability of {formatting.counted(len(missing), 'extractor')}"
            jobs.fetch_all(list(studies.values()), title=title)
            st.rerun()
    elif job is not None and job.state != "done":
        jobs.show(job)
    keys = {digest: study.key(session.workspace()) for digest, study in studies.items()}
    problems = {digest: problems[key] for digest, key in keys.items() if key in problems}
    for run in missing:
        if run.digest in problems:
            st.caption(
                f"Stability of {formatting.escape(run.title)} is not measured: {formatting.escape(problems[run.digest])}"
            )
    st.caption(
        "Stability: whether neighbours stay when an image hardly changes. Needs no labels.",
        help="The share of each image's nearest neighbours that remain when its features come from a slightly "
        f"changed copy ({transform_words(PRESETS['mild'].transforms)}; {N_COPIES} copies each, at most {MAX_IMAGES} "
        "images, 95 % interval over images). It does not measure quality.",
    )


def _studies(chosen: Sequence[Run]) -> dict[str, StabilityStudy]:
    return {run.digest: StabilityStudy(run.spec) for run in chosen if run.spec.takes_images}
