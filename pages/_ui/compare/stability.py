"""Stability of neighbours on the Compare page: a column of the table, measured when it is asked for."""

from collections.abc import Sequence

import streamlit as st

from featx_core.augmentation.transforms import PRESETS, transform_words
from featx_core.comparison.tables import Comparison
from featx_core.robustness.stability import MAX_IMAGES, N_COPIES, Stability
from featx_core.worker.augmentation_keys import stability_key
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, jobs, session


def joined(comparison: Comparison, chosen: Sequence[Run]) -> Comparison:
    """Give the comparison with the stability of neighbours of the runs that it was measured for, if there are any."""
    by_digest = _kept(chosen)
    if not by_digest:
        return comparison
    runs = comparison.facts.get("runs", {})
    return comparison.with_stability({name: by_digest[digest] for name, digest in runs.items() if digest in by_digest})


def show(chosen: Sequence[Run]) -> None:
    """Offer to measure what is missing, say how it is done, and why some cannot be measured."""
    if not any(run.spec.takes_images for run in chosen):
        return
    kept = _kept(chosen)
    missing = [run for run in chosen if run.digest not in kept]
    job = _job(chosen)
    problems = (job.result or {}).get("problems", {}) if job is not None and job.state == "done" else {}
    if job is not None and job.state == "done" and any(run.digest not in problems for run in missing):
        jobs.supervisor().forget(job.key)  # its results are damaged: let them be measured again
        job = None
    if missing and job is None:
        if st.button("Measure stability", icon=":material/join:", key="measure_stability"):
            jobs.submit(
                "stability", _asked(chosen), title=f"Stability of {formatting.counted(len(missing), 'extractor')}"
            )
            st.rerun()
    elif job is not None and job.state != "done":
        jobs.show(job)
    for run in missing:
        if run.digest in problems:
            st.caption(
                f"Stability of {formatting.escape(run.title)} is not measured: {formatting.escape(problems[run.digest])}"
            )
    st.caption(
        f"Stability: the share of each image's nearest neighbours that stay when its features come from a mildly changed "
        f"copy ({transform_words(PRESETS['mild'].transforms)}; {N_COPIES} copies each, at most {MAX_IMAGES} images, "
        "95 % interval over images). It needs no labels, and it is not quality: it says how much neighbours depend on "
        "what does not matter to a person."
    )


def _asked(chosen: Sequence[Run]) -> dict[str, object]:
    images = session.workspace().images()
    digests = sorted(run.digest for run in chosen)
    return {"run_digests": digests, "key": sorted(stability_key(run.spec, images) for run in chosen)}


def _job(chosen: Sequence[Run]) -> Job | None:
    return jobs.find("stability", _asked(chosen))


def _kept(chosen: Sequence[Run]) -> dict[str, Stability]:
    workspace = session.workspace()
    images = workspace.images()
    found = {}
    for run in chosen:
        content = workspace.result(stability_key(run.spec, images))
        if content is None:
            continue
        try:
            found[run.digest] = Stability.from_bytes(content)
        except ValueError:
            continue  # of another version: measured again when asked for
    return found
