"""Figures of expressions: values before and after. Nothing is computed here."""

from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.palette import CATEGORICAL
from featx_core.figures.style import blank_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 260  # pixels
_MARGIN = {"l": 56, "r": 16, "t": 16, "b": 48}
_BINS = 48


def curve_figure(before: np.ndarray, after: np.ndarray, *, dark: bool = False) -> "Figure":
    """Values after a formula against those before it, one dot per value.

    Args:
        before: float `(n,)`.
        after: float `(n,)`.
        dark: Draw for a dark background.
    """
    import plotly.graph_objects as go

    figure = blank_figure(dark)
    marker = {"size": 4, "color": CATEGORICAL[0], "opacity": 0.5}
    figure.add_trace(
        go.Scattergl(
            x=before, y=after, mode="markers", marker=marker, hovertemplate="%{x:.4g} → %{y:.4g}<extra></extra>"
        )
    )
    figure.update_xaxes(title_text="Value before")
    figure.update_yaxes(title_text="Value after")
    return _sized(figure, showlegend=False)


def spread_figure(before: np.ndarray, after: np.ndarray, *, dark: bool = False) -> "Figure":
    """Distributions before and after, side by side, each on its own scale.

    Args:
        before: float, of any number of values.
        after: float, of any number of values.
        dark: Draw for a dark background.
    """
    figure = blank_figure(dark)
    for index, (values, words) in enumerate(((before, "Values before"), (after, "Values after"))):
        number = "" if index == 0 else "2"
        figure.add_trace(_bars(values, f"x{number}", f"y{number}", CATEGORICAL[index], words))
    figure.update_layout(
        grid={"rows": 1, "columns": 2, "pattern": "independent", "xgap": 0.2},
        xaxis={"title": {"text": "Values before"}},
        xaxis2={"title": {"text": "Values after"}},
        yaxis={"title": {"text": "How many"}},
        bargap=0.02,
    )
    return _sized(figure, showlegend=False)


def _bars(values: np.ndarray, x_axis: str, y_axis: str, color: str, name: str) -> Any:
    import plotly.graph_objects as go

    finite = np.asarray(values, np.float64).ravel()
    counts, edges = np.histogram(finite[np.isfinite(finite)], bins=_BINS)
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        xaxis=x_axis,
        yaxis=y_axis,
        marker_color=color,
        name=name,
        hovertemplate="%{x:.4g}: %{y}<extra></extra>",
    )


def _sized(figure: "Figure", **layout: Any) -> "Figure":
    return figure.update_layout(height=HEIGHT, margin=_MARGIN, **layout)
