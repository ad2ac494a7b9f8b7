"""Figures of a training: loss and accuracy by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featx_core.base.palette import CATEGORICAL
from featx_core.figures.style import QUIET_INK, blank_figure, legend, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from featx_core.learning.history import History

SHARES = frozenset({"accuracy", "matched"})
"""Metrics between 0 and 1, drawn in percent."""

_LOOKS = (
    ("", "training", CATEGORICAL[0], "solid", "circle"),
    ("val_", "validation", CATEGORICAL[1], "dash", "diamond"),
)


def history_figure(history: History, metric: str = "loss", *, dark: bool = False) -> Figure:
    """One metric by epoch: training solid, validation dashed, a ring around the epoch that was kept.

    Dotted upright lines part the phases of the training.

    Args:
        history: Of a training, under way or ended.
        metric: A name among its metrics, without "val_".
        dark: Draw for a dark background.
    """
    figure = blank_figure(dark)
    factor, unit = (100, " (%)") if metric in SHARES else (1, "")
    for look in _LOOKS:
        points = history.curve(look[0] + metric)
        if points:
            figure.add_trace(_curve(points, factor, look))
    _mark_best(figure, history, metric, factor, dark)
    for number, (one, following) in enumerate(zip(history.epochs, history.epochs[1:], strict=False), start=1):
        if one.phase != following.phase:
            figure.add_vline(x=number + 0.5, line={"color": QUIET_INK[dark], "width": 1, "dash": "dot"})
            figure.add_annotation(
                x=number + 0.5,
                y=1,
                yref="paper",
                text=plain(following.phase),
                showarrow=False,
                xanchor="left",
                xshift=4,
            )
    figure.update_xaxes(title_text="Epoch", range=[0.5, max(len(history.epochs), 4) + 0.5], tickformat="d")
    figure.update_yaxes(title_text=metric.capitalize() + unit)
    if metric in SHARES:
        figure.update_yaxes(range=[-3, 103])
    return figure.update_layout(height=300, **legend(2, ""))


def metrics_of(history: History) -> list[str]:
    """List what was measured, the loss first, without the names of validation."""
    names = {name.removeprefix("val_") for epoch in history.epochs for name in epoch.metrics}
    return ["loss", *sorted(names - {"loss"})]


def _curve(points: list[tuple[int, float]], factor: float, look: tuple[str, ...]) -> Any:
    import plotly.graph_objects as go

    _, title, color, dash, symbol = look
    return go.Scatter(
        x=[number for number, _ in points],
        y=[factor * value for _, value in points],
        mode="lines+markers",
        name=title,
        line={"color": color, "width": 2, "dash": dash},
        marker={"color": color, "size": 6, "symbol": symbol},
        hovertemplate="epoch %{x}: %{y:.3~g}<extra>%{fullData.name}</extra>",
    )


def _mark_best(figure: Figure, history: History, metric: str, factor: float, dark: bool) -> None:
    import plotly.graph_objects as go

    if not 0 <= history.best < len(history.epochs):
        return
    metrics = history.epochs[history.best].metrics
    value = metrics.get(f"val_{metric}", metrics.get(metric))
    if value is not None:
        ring = {"size": 15, "symbol": "circle-open", "color": QUIET_INK[dark], "line": {"width": 2}}
        figure.add_trace(
            go.Scatter(
                x=[history.best + 1],
                y=[factor * value],
                mode="markers",
                name="kept",
                marker=ring,
                hovertemplate="the weights of this epoch were kept<extra></extra>",
            )
        )
