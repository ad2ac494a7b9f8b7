"""Figures of a fine-tuning: accuracy by class, and the confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.palette import CATEGORICAL, NO_LABEL_COLOR, SEQUENTIAL_SCALES
from featx_core.figures.style import QUIET_INK, blank_figure, color_bar, plain, short, short_categories

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from featx_core.learning.fine_tuning.report import TuningReport

ROW_HEIGHT = 28  # pixels
CELLS_WITH_NUMBERS = 12
"""Up to so many classes, the cells of the matrix show their numbers."""


def class_figure(report: TuningReport, *, dark: bool = False) -> Figure:
    """Accuracy by class with 95 % intervals, all classes together first; a dotted line for the baseline."""
    import plotly.graph_objects as go

    rows = [("all classes", len(report.truth), report.accuracy), *report.per_class]
    known = [(name, n_images, interval) for name, n_images, interval in rows if interval is not None][::-1]
    shares, lows, highs = (np.array([100 * interval[part] for _, _, interval in known]) for part in range(3))
    colors = [CATEGORICAL[1] if name == "all classes" else CATEGORICAL[0] for name, _, _ in known]
    figure = blank_figure(dark)
    figure.add_trace(
        go.Scatter(
            x=shares,
            y=list(range(len(known))),
            mode="markers",
            marker={"size": 10, "color": colors},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": highs - shares,
                "arrayminus": shares - lows,
                "color": NO_LABEL_COLOR,
                "thickness": 1.5,
            },
            customdata=np.stack([lows, highs, [n_images for _, n_images, _ in known]], axis=1),
            text=[plain(name) for name, _, _ in known],
            hovertemplate="%{text}: %{x:.0f} % (%{customdata[0]:.0f} to %{customdata[1]:.0f})"
            "<br>%{customdata[2]:d} validation images<extra></extra>",
        )
    )
    figure.add_vline(x=100 * report.baseline, line={"color": QUIET_INK[dark], "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=100 * report.baseline,
        y=1,
        yref="paper",
        yanchor="bottom",
        text="always predict the largest class",
        showarrow=False,
    )
    figure.update_xaxes(title_text="Validation accuracy (%), with 95 % intervals", range=[-2, 102])
    figure.update_yaxes(
        title_text="Class",
        tickvals=list(range(len(known))),
        ticktext=[short(f"{name} ({n_images})") for name, n_images, _ in known],
        range=[-0.6, len(known) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    return figure.update_layout(height=130 + ROW_HEIGHT * len(known), showlegend=False)


def confusion_figure(report: TuningReport, *, dark: bool = False) -> Figure:
    """Counts of validation images by true class (rows) and predicted class (columns)."""
    import plotly.graph_objects as go

    counts = report.confusion
    names = short_categories(report.classes)
    are_few = len(names) <= CELLS_WITH_NUMBERS
    figure = blank_figure(dark)
    figure.add_trace(
        go.Heatmap(
            z=counts,
            x=names,
            y=names,
            colorscale=SEQUENTIAL_SCALES[1],
            zmin=0,
            colorbar=color_bar("Images"),
            text=counts if are_few else None,
            texttemplate="%{text}" if are_few else None,
            xgap=1,
            ygap=1,
            hovertemplate="%{z} of %{y} named %{x}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Predicted class", type="category", showgrid=False)
    figure.update_yaxes(title_text="True class", type="category", autorange="reversed", showgrid=False)
    return figure.update_layout(height=max(320, 130 + ROW_HEIGHT * len(names)))
