"""Figures of features. Nothing is computed here.

Show one with `st.plotly_chart(figure, theme=None, config=CONFIG)` or `figure.to_html(config=CONFIG)`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.palette import CATEGORICAL, SEQUENTIAL_SCALES, label_styles
from featx_core.figures.maps import THUMBNAIL_POINTS, map_figure
from featx_core.figures.style import CONFIG, blank_figure, color_bar, legend, short, short_categories

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = [
    "CONFIG",
    "THUMBNAIL_POINTS",
    "features_figure",
    "histogram_figure",
    "map_figure",
    "scree_figure",
]

MAX_TICKS = 12
NAMED_ROWS = 30
"""Up to this many images, an image of features names them at the side."""


def scree_figure(explained_variance: Sequence[float], *, is_exact: bool = True, dark: bool = False) -> "Figure":
    """Share of the variance by component, as bars, and their running sum, as a line.

    Args:
        explained_variance: Shares from 0 to 1, as in the details of a PCA map.
        is_exact: Whether they are more than close estimates, as in those details.
        dark: Draw for a dark background.

    Raises:
        ValueError: If there is no component.
    """
    import plotly.graph_objects as go

    if len(explained_variance) == 0:
        raise ValueError("There is no variance: all points coincide.")
    percent = 100 * np.asarray(explained_variance, np.float64)
    numbers = np.arange(1, len(percent) + 1)
    hover = "PC%{x}<br>%{y:.3~g} %"
    figure = blank_figure(dark)
    figure.add_trace(
        go.Bar(x=numbers, y=percent, name="each component", marker_color=CATEGORICAL[0], hovertemplate=hover)
    )
    line = {"color": CATEGORICAL[1], "width": 2}
    figure.add_trace(
        go.Scatter(
            x=numbers, y=percent.cumsum(), name="sum so far", mode="lines+markers", line=line, hovertemplate=hover
        )
    )
    figure.update_xaxes(title_text="Principal component (number)", range=[0.4, len(percent) + 0.6], showgrid=False)
    figure.update_yaxes(title_text=f"Explained variance (%){'' if is_exact else ', estimated'}", range=[0, 104])
    return figure.update_layout(bargap=0.35, **legend(2, ""))


def features_figure(
    vectors: np.ndarray,
    *,
    names: Sequence[str],
    color_range: tuple[float, float],
    features: Sequence[int] | np.ndarray | None = None,
    scale: str = SEQUENTIAL_SCALES[0],
    dark: bool = False,
) -> "Figure":
    """Features as an image: one line an image, one column per feature.

    Args:
        vectors: `(n_images, n_features)`, made small enough for a screen by the caller. Not modified.
        names: One for each image, all different.
        color_range: Values at the two ends of the colour scale; values outside take the colour of the end.
        features: Index of each column among all features. None counts from 0.
        scale: One of `SEQUENTIAL_SCALES`.
        dark: Draw for a dark background.

    Raises:
        ValueError: If the numbers of names or features do not fit the shape.
    """
    import plotly.graph_objects as go

    columns = np.arange(vectors.shape[1]) if features is None else np.asarray(features)
    if vectors.shape != (len(names), len(columns)):
        raise ValueError(
            f"`vectors` must have shape `(n_names, n_features)`, here {(len(names), len(columns))}. "
            f"Received: {vectors.shape}."
        )
    figure = blank_figure(dark)
    figure.add_trace(
        go.Heatmap(
            z=np.asarray(vectors, np.float32),
            x=[str(column) for column in columns],
            y=short_categories(names),
            zmin=color_range[0],
            zmax=color_range[1],
            colorscale=scale,
            colorbar=color_bar("Value"),
            hovertemplate="%{y}<br>feature %{x}<br>%{z:.3~g}<extra></extra>",
        )
    )
    figure.update_xaxes(
        title_text="Feature (index)", type="category", showgrid=False, ticks="outside", **_round_ticks(columns)
    )
    few = len(names) <= NAMED_ROWS
    figure.update_yaxes(
        title_text="Image",
        type="category",
        autorange="reversed",
        showgrid=False,
        showticklabels=few,
        ticklabelstandoff=4,
    )
    return figure


def _round_ticks(columns: np.ndarray) -> dict[str, list[str]]:
    """Name about ten columns by round numbers; where a column stands for several features, the one that holds the number."""
    if len(columns) <= MAX_TICKS:
        return {"tickvals": [str(column) for column in columns], "ticktext": [str(column) for column in columns]}
    rough = (columns[-1] - columns[0]) / MAX_TICKS
    power = 10 ** np.floor(np.log10(rough))
    step = int(power * next(each for each in (1, 2, 5, 10) if each * power >= rough))
    wanted = np.arange(-(-columns[0] // step) * step, columns[-1] + 1, step)
    holders = columns[np.searchsorted(columns, wanted, side="right") - 1]
    return {"tickvals": [str(column) for column in holders], "ticktext": [str(number) for number in wanted]}


def histogram_figure(
    edges: Sequence[float] | np.ndarray,
    counts: Mapping[str, Sequence[int] | np.ndarray],
    *,
    value_title: str,
    count_title: str = "Count",
    dark: bool = False,
) -> "Figure":
    """Histograms as steps, one for each name.

    Args:
        edges: Borders of the bins, ascending, `(n_bins + 1,)`.
        counts: For each name the counts in the bins, `(n_bins,)`.
        value_title: What is counted, with unit.
        count_title: The axis of the counts, with unit.
        dark: Draw for a dark background.

    Raises:
        ValueError: If counts and edges do not fit.
    """
    import plotly.graph_objects as go

    figure = blank_figure(dark)
    for (name, values), style in zip(counts.items(), label_styles(counts).values(), strict=True):
        if len(values) != len(edges) - 1:
            raise ValueError(
                f"{name!r} must have {len(edges) - 1} counts, one less than edges. Received: {len(values)}."
            )
        line = {"color": style.color, "width": 2, "shape": "hv"}
        hover = "from %{x:.3~g}: %{y}<extra>%{fullData.name}</extra>"
        steps = [*values, values[-1]]
        figure.add_trace(
            go.Scatter(x=edges, y=steps, name=short(name), mode="lines", line=line, fill="tozeroy", hovertemplate=hover)
        )
    figure.update_xaxes(title_text=value_title)
    figure.update_yaxes(title_text=count_title, rangemode="tozero")
    return figure.update_layout(**legend(len(counts), ""))
