"""What a network sees in one image: its three best classes."""

import streamlit as st

from featx_core.images.image_set import ImageRecord
from featx_core.predictions.classifiers import missing_words
from featx_core.predictions.predictions import ABOUT_SCORES
from pages._ui.networks import names
from pages._ui.shell import formatting, jobs, session


def show(record: ImageRecord) -> None:
    """Show the three best classes of an image, or say why there are none."""
    predictions, job = names.of_workspace()
    if predictions is not None and record.digest in predictions:
        with st.container(gap="xsmall"):
            st.caption(f"{formatting.escape(predictions.network)} sees", help=ABOUT_SCORES)
            names.show_best(predictions, record.digest)
        return
    if job is not None:
        jobs.show(job)
        return
    runs = session.workspace().ledger.runs()
    words = missing_words(runs[0].spec) if runs else ""
    if words:
        st.caption(formatting.escape(words))
