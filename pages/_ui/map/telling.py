"""Beside a map: which features tell what is selected from everything else."""

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.maps.trust import draw_rows
from featx_core.measures.effect_sizes import feature_effects
from pages._ui.shell import formatting

MAX_ROWS = 5_000
"""So many of the selected and of the other rows are looked at where there are too many to keep in memory."""


def show(features: Features, rows: list[int]) -> None:
    """Offer the features that differ most between the selection and the rest, with the sizes of these effects."""
    if len(rows) < 2 or len(features) - len(rows) < 2:
        return
    with st.expander(
        "What tells them from the rest", icon=":material/difference:", key="map_telling", on_change="rerun"
    ) as opened:
        if opened.open:
            _table(features, rows)


def _drawn(rows: np.ndarray) -> np.ndarray:
    return rows if len(rows) <= MAX_ROWS else rows[draw_rows(len(rows), MAX_ROWS, 0)]


def _table(features: Features, rows: list[int]) -> None:
    import pandas as pd

    is_inside = np.zeros(len(features), bool)
    is_inside[rows] = True
    n_all = len(features)
    if features.is_stored:
        chosen = np.sort(np.concatenate([_drawn(np.flatnonzero(part)) for part in (is_inside, ~is_inside)]))
        features, is_inside = features.of_rows(chosen.tolist()), is_inside[chosen]
    usable = np.isfinite(features.vectors).all(axis=1)
    try:
        found = feature_effects(features.vectors[usable], is_inside[usable])
    except ValueError:  # too few that are numbers
        st.caption("Too few of these have features that are numbers.")
        return
    if not found:
        st.caption("No feature differs.")
        return
    table = pd.DataFrame(list(found)).set_axis(
        ["feature", "Cohen's d", "AUC", "mean, selected", "mean, rest"], axis="columns"
    )
    formats = dict.fromkeys(table.columns[1:], st.column_config.NumberColumn(format="%.3g"))
    st.dataframe(table, hide_index=True, key="map_effects", column_config=formats, alt="Features by their effect size")
    sample = "" if len(features) == n_all else f" Of {formatting.counted(len(features), 'row')} drawn at random."
    st.caption(
        f"Effect sizes, not tests.{sample}",
        help="What is picked on a map of the same features differs by how it was picked. Cohen's d is the difference of "
        "the means in pooled standard deviations; AUC is how often a selected one is higher than another.",
    )
