"""A list of what is worth a look: its images as a gallery, and the way to all of them on the map."""

from collections.abc import Sequence

import streamlit as st

from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.studies.study import Study
from featx_core.studies.work import Result
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.images.choice import Choice
from pages._ui.shell import chosen as on_maps
from pages._ui.shell import frame, jobs, session

_PAGE_SIZE = 48


def on_map(digests: Sequence[str], run: Run | None, *, key: str) -> None:
    """Offer to select a whole list on the map of a run, the newest where the list is of none."""
    found = session.workspace().ledger.runs()
    if not found or not digests:
        return
    words = f"Select {'it' if len(digests) == 1 else f'all {len(digests)}'} on the map"
    if st.button(words, icon=":material/scatter_plot:", key=f"on_map_{key}", type="tertiary"):
        if run is not None:
            session.remember("picked_run", run.digest)
        on_maps.choose(frozenset(digests), by=f"list:{key}:{hash(tuple(digests))}")
        frame.open_page("map")


def fetched(study: Study[Result]) -> Result | None:
    """Return a result, or show the job that computes it."""
    found, job = jobs.fetch(study)
    if found is None and job is not None:
        jobs.show(job)
    return found


def records(images: ImageSet, digests: Sequence[str]) -> list[ImageRecord]:
    """Return the images of some digests, each once, in this order."""
    return list(images.by_digest(digests).values())


def show(
    found: Sequence[ImageRecord],
    images: ImageSet,
    words: Sequence[str],
    *,
    key: str,
    run: Run | None = None,
    n_on_map: int | None = None,
    chosen: Choice | None = None,
) -> ImageSet:
    """Show a list: its images, and the way to all of them on the map."""
    listed = found if isinstance(found, ImageSet) else ImageSet(found)
    page = gallery.paged(listed, key=f"{key}_page", page_size=_PAGE_SIZE)
    start = (st.session_state.get(f"{key}_page", 1) - 1) * _PAGE_SIZE if len(listed) > _PAGE_SIZE else 0
    says = words[start : start + len(page)]
    gallery.show(page, key=key, labels=images.labels, says=says, chosen=chosen)
    on_map(listed.digests[:n_on_map], run, key=key)
    return page
