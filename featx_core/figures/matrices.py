"""A figure of how much extractors agree with each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.figures.style import blank_figure, color_bar, short

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

CELLS_WITH_NUMBERS = 12
"""Up to so many rows, the cells of a matrix show their numbers."""


def matrix_figure(matrix: pd.DataFrame, *, title: str, floor: pd.DataFrame | None = None, dark: bool = False) -> Figure:
    """A measure of similarity between all extractors, as a heatmap from 0 to 1.

    Each cell carries the names of its two extractors as `customdata`.

    Args:
        matrix: Square, as `Comparison.matrix` gives it.
        title: What is measured.
        floor: The same for shuffled images, shown beside the value when the pointer is over a cell.
        dark: Draw for a dark background.
    """
    import plotly.graph_objects as go

    names = [str(name) for name in matrix.index]
    values = matrix.to_numpy(np.float64)
    floors = np.full(values.shape, np.nan) if floor is None else floor.to_numpy(np.float64)
    custom = [
        [[first, second, _floor_words(floors[i, j])] for j, second in enumerate(names)] for i, first in enumerate(names)
    ]
    shown = [[_number(value) for value in row] for row in values]
    figure = blank_figure(dark)
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=[short(name) for name in names],
            y=[short(name) for name in names],
            zmin=0,
            zmax=1,
            customdata=custom,
            text=shown,
            texttemplate="%{text}" if len(names) <= CELLS_WITH_NUMBERS else None,
            colorscale=SEQUENTIAL_SCALES[0],
            colorbar=color_bar(title),
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} and %{x}<br>%{z:.3f}%{customdata[2]}<extra></extra>",
        )
    )
    figure.add_trace(_buttons(names))
    figure.update_xaxes(title_text="Extractor", type="category", showgrid=False, constrain="domain")
    figure.update_yaxes(title_text="Extractor", type="category", showgrid=False, autorange="reversed", scaleanchor="x")
    return figure


def _buttons(names: Sequence[str]) -> Any:
    """Unseen markers on the cells of a matrix, which can be pressed: heatmaps cannot."""
    import plotly.graph_objects as go

    cells = [(first, second) for first in names for second in names]
    return go.Scatter(
        x=[short(second) for _, second in cells],
        y=[short(first) for first, _ in cells],
        customdata=cells,
        mode="markers",
        marker={"symbol": "square", "size": 44, "opacity": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")


def _floor_words(floor: float) -> str:
    return "" if np.isnan(floor) else f"<br>{floor:.3f} with shuffled images"
