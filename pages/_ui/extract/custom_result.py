"""What a run of a custom network shows beyond features: the patterns of its first convolution, the course of its training."""

import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet
from featx_core.methods import registry as methods
from featx_core.specs.learnings import LEARNINGS
from featx_core.studies.comparisons.kernels import KernelsStudy
from featx_core.workspace.runs import Run
from pages._ui.extract import training
from pages._ui.shell import formatting, jobs, session


def show(run: Run, features: Features, images: ImageSet) -> None:
    """Show the first patterns, and the curves where the network was trained."""
    record = methods.training_record(run.spec, session.workspace())
    if record is not None:
        st.header("Training result", anchor=False)
        training.show_record(run.spec)
        st.caption(LEARNINGS[record.facts["learning"]].reading)
    st.header("First-layer kernels", anchor=False)
    kernels, job = jobs.fetch(KernelsStudy(run.spec))
    if kernels is not None:
        st.image(kernels.picture(), alt="Kernels of the first convolution")
        st.caption(formatting.escape(kernels.caption))
    elif job is not None and job.state == "failed":
        st.caption(formatting.escape(job.message or "They cannot be shown."))
    elif job is not None:
        jobs.show(job)
