"""The pages' way to the worker: start a job, watch it, cancel it."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from featx_core.studies.study import Study
from featx_core.studies.work import Result
from featx_core.tasks.requests import Request, StudyJob
from featx_core.worker.jobs import Job, JobRefusedError, Limits
from featx_core.worker.keys import job_key
from featx_core.worker.supervisor import Supervisor
from pages._ui.shell import formatting, fragments, imports, session, watchers

POLL_SECONDS = 0.4
CALM_SECONDS = 1.0  # between two looks at what is not in the middle of the page
FAR_SECONDS = 2.0  # between two looks at what is far back in the queue
FAR_BACK = 3  # jobs ahead
SHARED_JOB_SECONDS = 600.0  # a job's limit when the server serves others than this machine
_IN_PLACE = "progress_in_place"  # the jobs whose progress the page itself shows, and `IMPORT`
_BEGUN = "begun_by_page"  # the jobs that the page has begun while it was drawn
IMPORT = "import"


@functools.cache
def supervisor() -> Supervisor:
    """Return the one supervisor of this server, with its worker started."""
    limits = Limits(job_seconds=None if session.is_local() else SHARED_JOB_SECONDS)
    made = Supervisor(limits, on_end=watchers.job_ended)
    made.start()
    return made


def submit(request: Request, *, title: str) -> None:
    """Ask the worker for something. Asking twice for the same runs it once.

    When the queue is full, the page says so and nothing is lost.
    """
    _submitted(request.task, session.workspace().path, request.to_parameters(), title)


def _submitted(task: str, path: str | None, parameters: Mapping[str, Any], title: str) -> bool:
    """Put a job into the queue; where that takes none, say why."""
    try:
        job = supervisor().submit(task, workspace_path=path, parameters=parameters, title=title, owner=session.token())
    except JobRefusedError as error:
        st.warning(str(error), icon=":material/hourglass:")
        return False
    session.remember(_BEGUN, (*_begun(), job.key))
    return True


def submit_again(request: Request, *, title: str) -> None:
    """Ask for something, also where the same was done before."""
    before = find(request)
    if before is not None and before.is_finished:
        supervisor().forget(before.key)
    submit(request, title=title)


def find(request: Request) -> Job | None:
    """Look up a job of this session's workspace by what was asked."""
    return supervisor().job(job_key(request.task, session.workspace().path, request.to_parameters()))


def fetch(study: Study[Result]) -> tuple[Result | None, Job | None]:
    """Return the result of a study, or the job that computes it. Begins the job where there is none."""
    found, job = fetch_all([study], title=study.title(session.workspace()))
    return found.get(study), job


def fetch_all(studies: Sequence[Study[Result]], *, title: str) -> tuple[dict[Study[Result], Result], Job | None]:
    """Return the results of several studies that are there, and the job that computes the others, if any are missing.

    A job that failed or was cancelled is not begun again by itself: the user decides.
    """
    found, job = look_all(studies)
    if len(found) < len(set(studies)) and job is None:
        submit(_request(studies), title=title)
        job = find(_request(studies))
    return found, job


def look_all(studies: Sequence[Study[Result]]) -> tuple[dict[Study[Result], Result], Job | None]:
    """Return the results of several studies that are there, and the job that was begun for them. Begins none."""
    workspace = session.workspace()
    kept = {study: study.find(workspace) for study in dict.fromkeys(studies)}
    found = {study: result for study, result in kept.items() if result is not None}
    if len(found) == len(kept):
        return found, None
    job = find(_request(studies))
    if job is not None and job.state == "done" and not (job.result or {}).get("problems"):
        supervisor().forget(job.key)  # it left a damaged result: let it be computed again
        job = None
    return found, job


def offer(study: Study[Result], words: str, *, icon: str, key: str) -> Result | None:
    """Return the result of a study; where it is not there, show its job, or a button that begins it."""
    found, job = look_all([study])
    if found:
        return found[study]
    if job is not None:
        show(job)
    elif st.button(words, icon=icon, key=key):
        submit(_request([study]), title=study.title(session.workspace()))
        st.rerun()
    return None


def begin(study: Study[Any]) -> None:
    """Compute a study, also where the same has failed before or was cancelled."""
    submit_again(_request([study]), title=study.title(session.workspace()))


def leave_others(study: Study[Any]) -> None:
    """Cancel studies of the same kind that this session asked for before and does not look at any more."""
    asked = _request([study]).to_parameters()
    for job in mine():
        kinds = {each["kind"] for each in job.parameters.get("studies", ())}
        if kinds == {study.kind} and dict(job.parameters) != asked:
            cancel(job)


def _request(studies: Sequence[Study[Any]]) -> StudyJob:
    workspace = session.workspace()
    return StudyJob(tuple(studies), tuple(study.key(workspace) for study in studies))


def mine() -> list[Job]:
    """List the jobs of this session's workspace that wait or run."""
    return [job for job in supervisor().jobs(owner=session.token()) if not job.is_finished]


def cancel(job: Job) -> None:
    """Stop a job for this session. Others who asked for the same keep it."""
    supervisor().cancel(job.key, session.token())


def show(job: Job) -> None:
    """Show how one job stands, in place, until it ends; then the page is drawn again."""
    if job.state == "failed":
        st.error(formatting.escape(job.message or "The computation failed."), icon=":material/error:")
        _again(job)
    elif job.state == "cancelled":
        st.info("Cancelled. Finished results are kept.", icon=":material/cancel:")
        _again(job)
    elif job.state != "done":
        stands_here(job.key)
        is_far = job.ahead >= FAR_BACK
        part = fragments.draw(_progress, run_every=FAR_SECONDS if is_far else POLL_SECONDS)
        part(job.key, f"in_place_{job.key[:12]}", is_far=is_far)


class GoingOn(NamedTuple):
    """What went on for a workspace when its page began to be drawn.

    Attributes:
        keys: Of the jobs that waited or ran.
        coming_in: The intake that went on, or had just ended.
        is_coming: Whether it went on.
    """

    keys: tuple[str, ...]
    coming_in: imports.Import | None
    is_coming: bool


def going_on() -> GoingOn:
    """Note what goes on, before anything of the workspace is read: what ends while the page is drawn draws it once more."""
    session.take(_IN_PLACE)
    session.take(_BEGUN)
    coming_in = imports.current(session.workspace())
    return GoingOn(tuple(job.key for job in mine()), coming_in, coming_in is not None and not coming_in.ended)


def stands_here(name: str) -> None:
    """Note that the page itself shows the progress of a job, or of `IMPORT`: it then stands nowhere else."""
    session.remember(_IN_PLACE, _in_place() | {name})


def _begun() -> tuple[str, ...]:
    found = session.recall(_BEGUN)
    return found if isinstance(found, tuple) else ()


def _in_place() -> frozenset[str]:
    found = session.recall(_IN_PLACE)
    return found if isinstance(found, frozenset) else frozenset()


def show_others(noted: GoingOn) -> None:
    """Show what goes on for this workspace and does not stand on the page. Comes last on a page.

    Args:
        noted: What went on when the page began to be drawn.
    """
    if noted.is_coming and IMPORT not in _in_place():
        show_import()
    open_now = (job.key for job in mine())
    begun = _begun()  # some have ended already: the page was drawn without what they found
    keys = tuple(key for key in dict.fromkeys((*noted.keys, *open_now, *begun)) if key not in _in_place())
    if keys:
        fragments.draw(_list, run_every=CALM_SECONDS)(keys)


def show_import() -> None:
    """Show how far the images are that come in."""
    stands_here(IMPORT)
    fragments.draw(_import_progress, run_every=POLL_SECONDS)()


def _again(job: Job) -> None:
    if st.button("Try again", key=f"again_{job.key[:12]}", icon=":material/refresh:"):
        supervisor().forget(job.key)
        if _submitted(job.task, job.workspace_path, job.parameters, job.title):
            st.rerun()


def _list(keys: tuple[str, ...]) -> None:
    for key in keys:
        _progress(key, f"aside_{key[:12]}")


def _progress(key: str, place: str, *, is_far: bool = False) -> None:
    watchers.watch(key)
    job = supervisor().job(key)
    if job is None or job.is_finished or (is_far and job.state == "running"):
        st.rerun(scope="app")
        return
    st.progress(job.share or 0.0, text=f"**{formatting.escape(job.title)}**  \n{formatting.escape(_words(job))}")
    if st.button("Cancel", key=f"cancel_{place}", icon=":material/close:", type="tertiary"):
        cancel(job)
        st.rerun(scope="app")


def _words(job: Job) -> str:
    if job.state == "waiting":
        return _waiting_words(job)
    words = [job.stage or "Starting"]
    if job.total > 1:
        words.append(f"{job.done:,} of {job.total:,}".replace(",", " "))
    if pace := _pace(job):
        words.append(f"{pace:.3g} a second")
    if job.seconds_left is not None:
        words.append(f"{duration(job.seconds_left)} left")
    return ", ".join(words)


def _waiting_words(job: Job) -> str:
    words = [job.message.rstrip(".")] if job.message else []
    if job.ahead:
        soon = f", about {duration(job.seconds_left)}" if job.seconds_left else ""
        words.append(f"{formatting.counted(job.ahead, 'job')} {'is' if job.ahead == 1 else 'are'} ahead of yours{soon}")
    return ". ".join(words) or "Starting"


def _pace(job: Job) -> float | None:
    """Work out steps a second from what is left and how long that will take."""
    return (job.total - job.done) / job.seconds_left if job.seconds_left and job.done else None


def duration(seconds: float) -> str:
    """Write a time in words, to about two digits.

    >>> duration(0.4), duration(8.2), duration(95), duration(5400)
    ('1 s', '8 s', '1.6 min', '1.5 h')
    """
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def show_ended(noted: GoingOn) -> None:
    """Say what an intake that has just ended has to say. Comes before the page, which knows nothing of it any more."""
    entry = noted.coming_in
    if entry is None or noted.is_coming:
        return
    imports.forget(session.workspace())
    if entry.message:
        st.warning(formatting.escape(entry.message), icon=":material/info:")


def _import_progress() -> None:
    entry = imports.current(session.workspace())
    if entry is None or entry.ended:
        st.rerun(scope="app")
        return
    counts = f"{entry.done:,} of {entry.total:,} files".replace(",", " ") if entry.total else "reading the files"
    share = min(entry.done / entry.total, 1.0) if entry.total else 0.0
    st.progress(share, text=f"**{formatting.escape(entry.title)}**  \n{counts}")
    if st.button("Stop", key="stop_import", icon=":material/close:", type="tertiary"):
        entry.stop.set()
