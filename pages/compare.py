"""Compare: which backbone serves these images? Scores with intervals, similar spaces, and a verdict."""

import streamlit as st

from pages._ui.compare import disagreements, more_runs, overview, pairs, stability, sweeps
from pages._ui.shell import formatting, fragments, frame, guards, jobs, session

frame.guard()
workspace = session.workspace()
st.title("Compare", anchor=False)
images = workspace.images()
guards.need_rows(workspace)

chosen = overview.pick(workspace)
if len(images):
    more_runs.show(images, workspace.ledger.runs())
if len(chosen) < 2:
    more = "run more backbones above" if len(images) else "import another set of vectors with the same names"
    st.caption(f"Pick at least two runs to compare, or {more}.")
    fragments.end_page()

comparison, job = overview.fetch(chosen)
if comparison is None:
    with st.container(height=420, border=True):
        if job is not None:
            jobs.show(job)
    fragments.end_page()

comparison = stability.joined(comparison, chosen)
overview.show_verdict(comparison)
colors = overview.colors(chosen, comparison)
grid = st.grid(2, min_column_width=380, gap=(16, 32))
with grid.cell():
    overview.show_ranking(comparison, colors)
with grid.cell():
    overview.show_trade(comparison, colors)
overview.show_table(comparison)
networks = [run for run in chosen if run.spec.takes_images]
if networks:
    stability.show(networks)
for note in comparison.notes:
    st.caption(formatting.escape(note))

best = disagreements.best_two(comparison) if len(images) else []
if best:
    with st.expander(
        "Where the best two disagree", icon=":material/difference:", key="disagreements", on_change="rerun"
    ) as apart:
        if apart.open:
            disagreements.show(comparison, best, images)
with st.expander("Similarity of feature spaces", icon=":material/grid_on:", key="spaces", on_change="rerun") as spaces:
    if spaces.open:
        pairs.show_matrices(comparison)
with st.expander("Pair view", icon=":material/compare:", key=pairs.PAIR, on_change="rerun") as pair:
    if pair.open:
        pairs.show_pair(chosen)
if not networks:
    fragments.end_page()
with st.expander("Layer sweep", icon=":material/stacked_line_chart:", key="sweep", on_change="rerun") as sweep:
    if sweep.open:
        sweeps.show(networks)
