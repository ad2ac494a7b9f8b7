"""Beside a map: which features tell what is selected from everything else."""

import numpy as np
import pandas as pd
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.measures.effect_sizes import feature_effects


def show(features: Features, rows: list[int]) -> None:
    """Offer the features that differ most between the selection and the rest, with the sizes of these effects."""
    if len(rows) < 2 or len(features) - len(rows) < 2:
        return
    with st.expander(
        "What tells them from the rest", icon=":material/difference:", key="map_telling", on_change="rerun"
    ) as opened:
        if opened.open:
            _table(features, rows)


def _table(features: Features, rows: list[int]) -> None:
    usable = np.isfinite(features.vectors).all(axis=1)
    is_inside = np.zeros(len(features), bool)
    is_inside[rows] = True
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
    st.caption(
        "Effect sizes, not tests.",
        help="What is picked on a map of the same features differs by how it was picked. Cohen's d is the difference of "
        "the means in pooled standard deviations; AUC is how often a selected one is higher than another.",
    )
