"""The map as it was drawn before, by Plotly: a page with nothing else, for `tests.benchmarks.canvas` to time.

Run by Streamlit, with the number of points and a pause in the address.
"""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from featx_core.figures.maps import map_figure
from featx_core.figures.style import CONFIG
from featx_core.maps.projection import project
from tests.benchmarks.canvas import labels, rows


@st.cache_resource
def figure(n_points: int):
    """Draw the figure once."""
    found = project(rows(n_points), "pca")
    made = map_figure(
        found, names=[f"row {row}" for row in range(n_points)], groups=labels(n_points), group_title="Label"
    )
    return made.update_layout(dragmode="pan")


st.set_page_config(layout="wide")
count = int(st.query_params.get("n", "1000"))
event = st.plotly_chart(
    figure(count),
    key="map",
    theme=None,
    config=CONFIG | {"scrollZoom": True},
    on_select="rerun",
    selection_mode=("points", "box", "lasso"),
    height=620,
)
st.markdown(f"Selected: {len(event.selection.points)}")
