"""Beside a map: the heatmap of one image, by the method and the layer that were chosen last."""

import numpy as np
import streamlit as st

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.methods import HEATMAPS, heatmaps_of
from featx_core.heatmaps.overlay import OPACITY, Heatmap
from featx_core.images.image_set import ImageRecord
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid, pickers, targets
from pages._ui.shell import formatting, jobs, session

KEY = "map_heatmap"  # of the control
NO_HEATMAP = "none"
DEFAULT, WITHOUT_GRADIENTS = "grad_cam", "eigen_cam"
SIDE = 320  # pixels, the longest side of a picture beside the map
_ASKED = "map_heatmap_asked"


def last_chosen() -> str:
    """Return the method that was chosen last, or `NO_HEATMAP`."""
    found = session.recall(KEY, DEFAULT)
    return str(found) if found in HEATMAPS or found == NO_HEATMAP else DEFAULT


def chosen(run: Run) -> str:
    """Return the method that was chosen last, or another one where the network of a run does not allow it."""
    found = last_chosen()
    return found if found == NO_HEATMAP or found in heatmaps_of(run.spec) else WITHOUT_GRADIENTS


def fetch(run: Run, record: ImageRecord) -> grid.Drawn | None:
    """Fetch the heatmap of an image, or have the worker draw it; None where none is wanted or there is no network."""
    if chosen(run) == NO_HEATMAP or not run.spec.takes_images:
        _leave(None)
        return None
    layer = pickers.chosen_layer(run)
    drawn = grid.ask(run, [record], [chosen(run)], layer=layer, target=targets.best_class(run))
    _leave(drawn.job)
    return drawn


def show(run: Run, record: ImageRecord, drawn: grid.Drawn | None, width: int) -> None:
    """Show the image, under its heatmap as soon as there is one."""
    found = None if drawn is None else drawn.heatmaps.get((record.digest, chosen(run)))
    if found is None:
        st.image(formatting.preview(record), width=width, alt=record.name)
    else:
        st.image(laid_on(found, record), width=width, alt=f"{record.name}: {found.title}")


def control(run: Run, drawn: grid.Drawn | None, record: ImageRecord) -> None:
    """Let the user choose the method, and say what is drawn, or how far the worker is."""
    titles = {NO_HEATMAP: "None", **{name: HEATMAPS[name].title for name in heatmaps_of(run.spec)}}
    session.remember(KEY, chosen(run))
    st.selectbox("Heatmap", list(titles), format_func=titles.__getitem__, key=KEY, persist_state="session")
    if drawn is None:
        return
    found = drawn.heatmaps.get((record.digest, chosen(run)))
    if found is not None:
        words = f"{found.title}, {found.layer}. {found.note or found.seen_sentence}"
        st.caption(formatting.escape(words), help=HEATMAPS[chosen(run)].caption)
    elif drawn.job is not None and drawn.job.state != "done":
        jobs.show(drawn.job)


def laid_on(found: Heatmap, record: ImageRecord) -> np.ndarray:
    """Lay a heatmap on its image, as the Heatmaps page was told to."""
    colormap = session.recall("colormap", SEQUENTIAL_SCALES[0])
    return grid.overlay(found, record, opacity(), str(colormap), SIDE)


def opacity() -> float:
    """Return the opacity that was chosen last on the Heatmaps page."""
    found = session.recall("opacity", OPACITY)
    return float(found) if isinstance(found, int | float) else OPACITY


def _leave(job: Job | None) -> None:
    """Cancel the heatmap that was asked for before, if another one is looked at now: steps through a map ask for many."""
    before = session.recall(_ASKED)
    key = job.key if job is not None and not job.is_finished else None
    session.remember(_ASKED, key)
    if isinstance(before, str) and before != key:
        for other in jobs.mine():
            if other.key == before:
                jobs.cancel(other)
