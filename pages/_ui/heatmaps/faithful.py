"""How faithful the heatmaps of the page are: deletion and insertion curves, on demand."""

from collections.abc import Sequence

import streamlit as st

from featx_core.figures.faithfulness import CAPTION, faithfulness_figure, faithfulness_table, verdict
from featx_core.figures.style import CONFIG
from featx_core.heatmaps.faithfulness.curves import STEPS
from featx_core.heatmaps.faithfulness.faithfulness import N_RANDOM, Faithfulness
from featx_core.heatmaps.targets import Target
from featx_core.images.image_set import ImageRecord
from featx_core.studies.explanations.faithfulness import FaithfulnessStudy
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid, targets
from pages._ui.shell import formatting, jobs, session


def show(
    run: Run, records: Sequence[ImageRecord], names: Sequence[str], *, layer: int | str | None, target: Target
) -> None:
    """Offer to measure, and show what was measured."""
    spec = targets.drawn_from(run, target)
    place = grid.layer_in(spec, run, layer)
    if place == grid.UNKNOWN:
        return
    images = tuple(dict.fromkeys(record.digest for record in records))
    study = FaithfulnessStudy(spec, images, tuple(names), place, target.to_json())
    found, job = jobs.look_all([study])
    if not found and job is None:
        st.caption(
            "Hides what each map calls important, part by part, and watches the target fall; then the other way round. "
            f"Takes about {_n_passes(images, names)} passes through the network."
        )
    measured = jobs.offer(study, "Measure", icon=":material/play_arrow:", key="measure_faithfulness")
    if measured is not None:
        _show(measured)


def _n_passes(images: Sequence[str], names: Sequence[str]) -> str:
    """Count passes beside those of the maps themselves, to two digits."""
    n_passes = len(images) * (2 * (STEPS - 1) * (len(names) + N_RANDOM + 1) + 3)
    return f"{float(f'{n_passes:.2g}'):,.0f}".replace(",", " ")


def _show(measured: Faithfulness) -> None:
    st.markdown(f"**{formatting.escape(verdict(measured))}**")
    figure = faithfulness_figure(measured, dark=session.is_dark())
    st.plotly_chart(figure, key="faithfulness_chart", theme=None, config=CONFIG, alt="Deletion and insertion curves")
    st.caption(CAPTION)
    table = faithfulness_table(measured)
    st.dataframe(table, hide_index=True)
    st.download_button(
        "Areas as CSV",
        data=lambda: formatting.safe_csv(table),
        file_name="featx-faithfulness.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )
