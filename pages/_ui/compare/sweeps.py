"""The layer sweep on the Compare page: every stage of one backbone, tapped in one pass."""

from collections.abc import Sequence

import streamlit as st

from featx_core.comparison.layer_sweep import Sweep
from featx_core.figures.comparison import sweep_figure
from featx_core.figures.style import CONFIG
from featx_core.studies.comparisons.sweep import SweepStudy
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, jobs, session


def show(chosen: Sequence[Run]) -> None:
    """Let the user sweep the layers of one of the runs' backbones."""
    by_digest = {run.digest: run for run in chosen}
    digest = st.selectbox(
        "Backbone of",
        list(by_digest),
        format_func=lambda digest: formatting.run_words(by_digest[digest]),
        key="swept",
        width=420,
    )
    study = SweepStudy(by_digest[digest].spec)
    found, job = jobs.look_all([study])
    if not found and job is None:
        st.caption("Taps every stage in one pass over the images. Takes about as long as one extraction.")
    sweep = jobs.offer(study, "Sweep the layers", icon=":material/play_arrow:", key="start_sweep")
    if sweep is not None:
        _show(sweep)


def _show(sweep: Sweep) -> None:
    if sweep.verdict:
        st.markdown(f"**{formatting.escape(sweep.verdict)}**")
    figure = sweep_figure(sweep, dark=session.is_dark())
    st.plotly_chart(figure, key="sweep_chart", theme=None, config=CONFIG, alt="Scores by layer")
    st.caption(
        "From the input (left) to the last layer.",
        help="The accuracy of a linear probe on your labels with its 95 % interval, and the similarity of each space to "
        "that of the last layer (CKA).",
    )
    st.dataframe(sweep.table, hide_index=True)
    st.download_button(
        "Sweep as CSV",
        data=lambda: formatting.safe_csv(sweep.table),
        file_name="featx-layers.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )
    for note in sweep.notes:
        st.caption(formatting.escape(note))
