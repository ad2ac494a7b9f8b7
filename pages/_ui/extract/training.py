"""Training on the pages: its curves while it goes on and afterwards, and what a cancelled one left."""

import dataclasses

import streamlit as st

from featx_core.figures.style import CONFIG
from featx_core.figures.training import history_figure, metrics_of
from featx_core.images.image_set import ImageSet
from featx_core.learning.history import ENDINGS, History
from featx_core.methods import registry as methods
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec
from featx_core.tasks.requests import ExtractJob
from featx_core.worker.jobs import Job
from pages._ui.shell import formatting, fragments, jobs, runs, session

SECONDS_BETWEEN = 1.0  # between two drawings of the curves while they grow
CAPTION = (
    "Loss and accuracy after each pass over the training images. The epoch with the lowest validation loss is kept "
    "(ring), which makes its result slightly optimistic. Training values are means over the epoch with dropout and "
    "augmentation, so they can differ from validation for that reason alone."
)


def show_live(job: Job) -> None:
    """Draw the curves of the training that a job is at, again and again, where it trains."""
    spec = ExtractJob.from_parameters(job.parameters).spec
    if spec.needs_training:
        fragments.draw(_live, run_every=SECONDS_BETWEEN)(spec.to_json(), job.key)


def offer_kept(job: Job, images: ImageSet) -> None:
    """After a cancelled training, offer to extract with the weights of its best epoch."""
    asked = ExtractJob.from_parameters(job.parameters)
    spec = asked.spec
    record = methods.training_record(spec, session.workspace()) if spec.needs_training else None
    if record is None or not record.history.epochs:
        return
    kept = methods.trained_spec(spec, session.workspace())
    if kept is None:
        fragments.draw(_wait_for_kept, run_every=SECONDS_BETWEEN)(spec.to_json())
    else:
        epochs = formatting.counted(len(record.history.epochs), "epoch")
        st.markdown(f"Training completed {epochs}. The best of them can be used.")
        st.button(
            f"Extract from {formatting.counted(len(images), 'image')} with the best epoch",
            icon=":material/play_arrow:",
            key="extract_kept",
            on_click=runs.start,
            args=(dataclasses.replace(asked, spec=kept), images),
        )
    show_history(dataclasses.replace(record.history, ending="cancelled"), key="cancelled")


def _wait_for_kept(spec_json: str) -> None:
    """Draw the page again as soon as the cancelled training has left its weights."""
    if methods.trained_spec(spec_from_json(spec_json), session.workspace()) is not None:
        st.rerun(scope="app")


def show_record(spec: Spec) -> None:
    """Draw the curves of the training that gave the weights of a spec."""
    record = methods.training_record(spec, session.workspace())
    if record is None:
        st.caption("The training history is not in this workspace.")
        return
    show_history(record.history, key=spec.digest[:12])


def show_history(history: History, *, key: str) -> None:
    """Draw the curves of a training, side by side, with what there is to say of them."""
    metrics = metrics_of(history)
    grid = st.grid(min(len(metrics), 2), min_column_width=360, gap=(16, 32))
    for metric in metrics:
        with grid.cell():
            figure = history_figure(history, metric, dark=session.is_dark())
            st.plotly_chart(
                figure, key=f"history_{key}_{metric}", theme=None, config=CONFIG, alt=f"Training history: {metric}"
            )
    st.caption(f"{_summary(history)} {CAPTION}")


def _live(spec_json: str, job_key: str) -> None:
    job = jobs.supervisor().job(job_key)
    if job is None or job.is_finished:
        return
    record = methods.training_record(spec_from_json(spec_json), session.workspace())
    if record is None or not record.history.epochs:
        st.caption("Training curves appear here after the first epoch.")
        return
    show_history(record.history, key="live")


def _summary(history: History) -> str:
    if not history.epochs:
        return "No epoch was completed."
    n_epochs = len(history.epochs)
    pace = history.seconds / n_epochs
    words = f"{formatting.counted(n_epochs, 'epoch')}, {history.seconds:.3g} s, {pace:.2g} s per epoch."
    return f"{words} {ENDINGS.get(history.ending, '')}"
