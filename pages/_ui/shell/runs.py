"""Runs on the pages: start one, follow it, pick one, fetch its features."""

import contextlib
from typing import Literal

import streamlit as st

from featx_core.extraction.features import Features, load_features
from featx_core.extraction.rows import rows_of
from featx_core.images.image_set import ImageSet
from featx_core.maps.trust import draw_rows
from featx_core.methods import registry as methods
from featx_core.methods.defaults import default_spec
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec, SpecError
from featx_core.tasks.encoding import features_from_json
from featx_core.tasks.requests import ExtractJob
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace, image_set_key
from pages._ui.shell import formatting, jobs, session

MAX_VALUES = 10_000_000
"""So many numbers of a run are kept in the server's memory; more stay in the workspace until they are needed."""

VIEW = "extract_view"  # the key of what the Extract page shows
VIEWS = ("Set up", "Result")


def start_first(images: ImageSet) -> None:
    """Begin the run that a first click asks for, unless there was a run before."""
    if not session.workspace().ledger.runs():
        spec = default_spec()
        start(ExtractJob(spec), images)


def view() -> str:
    """Let the user go between setting a run up and its result, which comes first where a run was begun here."""
    if session.recall(VIEW) not in VIEWS:
        is_followed = watched() is not None or _watched_run(session.workspace()) is not None
        session.remember(VIEW, VIEWS[1] if is_followed else VIEWS[0])
    return st.segmented_control("View", VIEWS, required=True, key=VIEW, label_visibility="collapsed") or VIEWS[0]


def start(asked: ExtractJob, images: ImageSet) -> None:
    """Begin a run; the Extract page then follows it, also after a reload."""
    jobs.submit_again(asked, title=f"{asked.spec.title} on {amount(session.workspace(), asked.spec, images)}")
    with contextlib.suppress(WorkspaceError):  # it is for after a reload alone
        session.workspace().set_fact("watched", asked.spec.to_json())
    session.remember("asked", asked)
    session.remember(VIEW, "Result")


def watch(run: Run) -> None:
    """Let the Extract page show the result of a run that is there."""
    session.take("asked")
    with contextlib.suppress(WorkspaceError):
        session.workspace().set_fact("watched", run.spec.to_json())
    session.remember(VIEW, "Result")


def watch_none() -> None:
    """Let the Extract page show whatever run is the newest: the one that it showed was deleted."""
    session.take("asked")
    with contextlib.suppress(WorkspaceError):
        session.workspace().set_fact("watched", "")


def watched() -> Job | None:
    """Return the job that this page follows, as it stands: the one begun here, after a reload the one that goes on."""
    asked = session.recall("asked")
    if isinstance(asked, ExtractJob):
        return jobs.find(asked)
    return next((job for job in jobs.mine() if job.task == ExtractJob.task), None)


def latest(workspace: Workspace, job: Job | None) -> Run | None:
    """Return the run whose results the page shows: the one followed, else the newest."""
    if job is not None and job.state == "done":
        return workspace.ledger.find((job.result or {}).get("run_digest", "")) or _unsaved_run(job)
    found = _watched_run(workspace)
    if found is not None and job is None:
        return found
    if job is not None:
        return None
    found_runs = workspace.ledger.runs()
    return found_runs[0] if found_runs else None


def _watched_run(workspace: Workspace) -> Run | None:
    try:
        return workspace.ledger.find(spec_from_json(workspace.fact("watched") or "").digest)
    except SpecError:  # none was watched, or the file was edited
        return None


def _unsaved_run(job: Job) -> Run | None:
    """Return the run of a job whose results the workspace could not take."""
    found = job.result or {}
    return Run(0, spec_from_json(found["spec"]), job.key, found["details"]) if found.get("unsaved") else None


@st.cache_resource(max_entries=2, show_spinner=False)
def _unsaved_features(digest: str, key: str, _job: Job | None) -> Features | None:
    del digest, key
    found = (_job.result if _job is not None else None) or {}
    return features_from_json(found["unsaved"], found["details"]) if found.get("unsaved") else None


def amount(workspace: Workspace, spec: Spec, images: ImageSet) -> str:
    """Say what a run works on: "240 images", "1 200 rows"."""
    if spec.takes_images:
        return formatting.counted(len(images), "image")
    try:
        return formatting.counted(len(rows_of(spec, workspace)), "row")
    except SpecError:  # its numbers are gone: the run itself says so
        return "no rows"


def expectation(workspace: Workspace, spec: Spec, images: ImageSet) -> str:
    """Say how much there is to do, and how long it took before."""
    if not spec.takes_images:
        return "This takes about a second."
    n_new = workspace.n_left(spec.digest)
    if not n_new:
        return "All images are already computed."
    speed = next((_speed(run) for run in workspace.ledger.runs() if _alike(run.spec, spec) and _speed(run)), None)
    words = f"{formatting.counted(n_new, 'image')} to compute{' after the training' if spec.needs_training else ''}"
    if n_new < len(workspace.images()):
        words += f", {formatting.counted(len(images) - n_new, 'image')} already stored"
    return f"{words}, about {jobs.duration(n_new / speed)} at the speed of the last run." if speed else f"{words}."


def pick(
    found: list[Run], *, key: str = "picked_run", label: str = "Run", width: int | Literal["stretch"] = 380
) -> Run:
    """Let the user pick a run, the newest first. The choice holds on all pages."""
    by_digest = {run.digest: run for run in found}
    digest = st.selectbox(
        label,
        list(by_digest),
        format_func=lambda digest: formatting.run_words(by_digest[digest]),
        key=key,
        persist_state="session",
        help="All extractions of these images, newest first.",
        width=width,
    )
    return by_digest[digest]


def features_of(run: Run) -> Features | None:
    """Fetch the features of a run for the images that are there now, kept in memory while they are looked at."""
    if not run.is_saved:
        return _unsaved_features(run.digest, run.created, watched())
    workspace = session.workspace()
    images = workspace.images()
    names = images.once("hash of names", lambda: hash(images.column("name")), of_labels=False)
    labels = images.once("hash of labels", lambda: hash((names, images.column("label"))))
    key = image_set_key(images)
    try:
        return _features(session.token(), run.digest, run.created, key, labels, workspace)
    except SpecError as error:  # numbers that were brought in are gone
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        return None


@st.cache_resource(max_entries=4, show_spinner=False)
def _features(
    _token: str, digest: str, created: str, images_key: str, labels: int, _workspace: Workspace
) -> Features | None:
    del created, images_key, labels
    return load_features(_workspace, digest, max_values=MAX_VALUES)


def sample_of(run: Run, features: Features, n_rows: int) -> Features:
    """Return rows of the features that are drawn at random, the same ones each time; all where there are no more."""
    if len(features) <= n_rows:
        return features
    return _sample(
        (session.token(), run.digest, run.created, hash((features.digests, features.labels)), n_rows), features
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _sample(about: tuple[str, str, str, int, int], _features: Features) -> Features:
    return _features.of_rows(draw_rows(len(_features), about[-1], 0).tolist())


def _speed(run: Run) -> float | None:
    return run.details.get("images_per_second")


def _alike(one: Spec, other: Spec) -> bool:
    """Return whether two runs should take the same time an image."""
    return methods.pace(one) == methods.pace(other)
