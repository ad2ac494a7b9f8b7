"""Figures of a comparison. Only the Pareto front is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.palette import CATEGORICAL, NO_LABEL_COLOR
from featx_core.base.wording import counted
from featx_core.comparison.tables import CHANCE, Comparison
from featx_core.figures.style import QUIET_INK, blank_figure, legend, plain, short

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from featx_core.comparison.layer_sweep import Sweep

PROBES = {"probe": "linear probe", "knn": "k-NN"}
ROW_HEIGHT = 44  # pixels


def ranking_figure(comparison: Comparison, *, colors: Mapping[str, str] | None = None, dark: bool = False) -> Figure:
    """Scores with their 95 % intervals: one line an extractor, a dot for the linear probe and a ring for k-NN.

    A dotted line marks chance. Under the name of an extractor that was trained on these labels stands on how many images it
    was scored.

    Args:
        comparison: With labels.
        colors: The colour of each extractor, as on other pages. None picks them by the alphabet.
        dark: Draw for a dark background.

    Raises:
        ValueError: If the comparison is without labels.
    """
    table = _scored(comparison)
    rows = table[table["extractor"] != CHANCE].iloc[::-1]
    figure = blank_figure(dark)
    for (column, title), symbol, shift in zip(PROBES.items(), ("circle", "circle-open"), (0.12, -0.12), strict=True):
        figure.add_trace(_dots(rows, column, title, symbol, shift, _colors(comparison, colors)))
    _mark_chance(figure, table, dark)
    names = [short(row["extractor"]) + _held_out(row) for _, row in rows.iterrows()]
    figure.update_yaxes(
        title_text="Extractor",
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title_text="Correctly classified images (%), with 95 % intervals", range=[0, 102])
    return figure.update_layout(height=120 + ROW_HEIGHT * len(names), **legend(2, ""))


def trade_figure(comparison: Comparison, *, colors: Mapping[str, str] | None = None, dark: bool = False) -> Figure:
    """Quality against time: the linear probe with its interval over milliseconds an image, and the Pareto front.

    The front joins the extractors that none is both faster and better than. Extractors without a score or a measured time
    are left out.

    Args:
        comparison: With labels.
        colors: The colour of each extractor, as on other pages. None picks them by the alphabet.
        dark: Draw for a dark background.

    Raises:
        ValueError: If the comparison is without labels, or no time is known.
    """
    import plotly.graph_objects as go

    table = _scored(comparison)
    is_known = table["ms_per_image"].notna() & table["probe"].notna()
    rows = table[(table["kind"] == "extractor") & is_known]
    if rows.empty:
        raise ValueError("No extractor has a score and a measured time. Extract again to measure it.")
    figure = blank_figure(dark)
    front = rows.loc[pareto_front(rows["ms_per_image"].to_numpy(), rows["probe"].to_numpy())]
    front = front.sort_values("ms_per_image")
    line = {"color": QUIET_INK[dark], "width": 1.5, "dash": "dot", "shape": "hv"}
    figure.add_trace(
        go.Scatter(
            x=front["ms_per_image"],
            y=100 * front["probe"],
            mode="lines",
            line=line,
            name="Pareto front",
            hovertemplate="none is both faster and better<extra></extra>",
        )
    )
    shades = _colors(comparison, colors)
    for _, row in rows.iterrows():
        figure.add_trace(_point(row, shades[row["extractor"]]))
    _mark_chance(figure, table, dark, across=True)
    figure.update_xaxes(title_text="Time for one image (ms)", type="log" if _wide(rows["ms_per_image"]) else "linear")
    figure.update_yaxes(title_text="Linear probe accuracy (%)")
    if _wide(rows["ms_per_image"]):
        ticks = [digit * 10.0**power for power in range(-2, 6) for digit in (1, 2, 5)]
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])  # Plotly writes 2 for 20
    else:
        figure.update_xaxes(rangemode="tozero")
    return figure.update_layout(showlegend=False)


def sweep_figure(sweep: Sweep, *, dark: bool = False) -> Figure:
    """The stages of a network from input to output: the linear probe with its interval, and CKA to the last layer."""
    import plotly.graph_objects as go

    table = sweep.table
    names = [f"{row.stage}<br>{plain(str(row.shape))}" for row in table.itertuples()]
    figure = blank_figure(dark)
    hover = "%{x}<br>%{y:.1f} % (%{customdata[0]:.1f} to %{customdata[1]:.1f})<extra>%{fullData.name}</extra>"
    if sweep.facts["has_labels"]:
        error = _error(table, "probe")
        figure.add_trace(
            go.Scatter(
                x=names,
                y=100 * table["probe"],
                error_y=error,
                mode="lines+markers",
                name="linear probe (%)",
                line={"color": CATEGORICAL[0], "width": 2},
                marker={"size": 9},
                customdata=_ends(table, "probe"),
                hovertemplate=hover,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=names,
            y=100 * table["cka_to_last"],
            mode="lines+markers",
            name="CKA to the last layer (%)",
            line={"color": CATEGORICAL[1], "width": 2, "dash": "dot"},
            marker={"size": 7, "symbol": "diamond"},
            hovertemplate="%{x}<br>%{y:.1f} %<extra>%{fullData.name}</extra>",
        )
    )
    figure.update_xaxes(title_text="Stage, with its output shape per image", type="category", showgrid=False)
    figure.update_yaxes(title_text="Share (%)", rangemode="tozero")
    return figure.update_layout(**legend(2, ""))


def pareto_front(times: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return which points no other beats: none is as fast and better, or faster and as good.

    >>> pareto_front(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.9, 0.8])).tolist()
    [True, True, False]
    """
    as_good = (times[None] <= times[:, None]) & (scores[None] >= scores[:, None])
    better = as_good & ((times[None] < times[:, None]) | (scores[None] > scores[:, None]))
    return np.logical_not(better.any(axis=1))


def _held_out(row: pd.Series) -> str:
    """Say on how many images an extractor was scored, where it was trained on labels of them."""
    return f"<br><sub>on {counted(int(row['n_scored']), 'held-out image')}</sub>" if row["saw_labels"] else ""


def _scored(comparison: Comparison) -> pd.DataFrame:
    if not comparison.has_labels:
        raise ValueError("There are no scores without labels. Label the images, then compare again.")
    return comparison.table


def _colors(comparison: Comparison, colors: Mapping[str, str] | None) -> dict[str, str]:
    chosen = {name: CATEGORICAL[i % len(CATEGORICAL)] for i, name in enumerate(sorted(comparison.names))}
    return chosen | dict(colors or {})


def _dots(rows: pd.DataFrame, column: str, title: str, symbol: str, shift: float, shades: Mapping[str, str]) -> Any:
    import plotly.graph_objects as go

    color = [shades.get(name, NO_LABEL_COLOR) for name in rows["extractor"]]
    hover = "%{text}<br>%{x:.1f} % (%{customdata[0]:.1f} to %{customdata[1]:.1f})<extra>%{fullData.name}</extra>"
    return go.Scatter(
        x=100 * rows[column],
        y=np.arange(len(rows)) + shift,
        mode="markers",
        name=title,
        error_x=_error(rows, column) | {"color": NO_LABEL_COLOR},
        text=[plain(name) for name in rows["extractor"]],
        marker={"size": 11, "symbol": symbol, "color": color, "line": {"width": 2, "color": color}},
        customdata=_ends(rows, column),
        hovertemplate=hover,
    )


def _point(row: Any, color: str) -> Any:
    import plotly.graph_objects as go

    score, low, high = (100 * float(row[column]) for column in ("probe", "probe_low", "probe_high"))
    spread = {"type": "data", "symmetric": False, "array": [high - score], "arrayminus": [score - low]}
    hover = f"%{{text}}<br>%{{y:.1f}} % ({low:.1f} to {high:.1f})<br>%{{x:.3~g}} ms<extra></extra>"
    return go.Scatter(
        x=[row["ms_per_image"]],
        y=[score],
        mode="markers+text",
        text=[short(row["extractor"])],
        name=short(row["extractor"]),
        textposition="top right",
        marker={"size": 12, "color": color},
        error_y=spread | {"thickness": 1.5, "color": color},
        hovertemplate=hover,
        customdata=[row["extractor"]],
    )


def _error(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    above = 100 * (rows[f"{column}_high"] - rows[column])
    below = 100 * (rows[column] - rows[f"{column}_low"])
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.5, "width": 4}


def _ends(rows: pd.DataFrame, column: str) -> np.ndarray:
    return 100 * rows[[f"{column}_low", f"{column}_high"]].to_numpy(np.float64)


def _mark_chance(figure: Figure, table: pd.DataFrame, dark: bool, *, across: bool = False) -> None:
    chance = 100 * float(table.loc[table["extractor"] == CHANCE, "probe"].iloc[0])
    line = {"color": QUIET_INK[dark], "width": 1, "dash": "dot"}
    words = {"annotation_text": CHANCE, "annotation_font_color": QUIET_INK[dark]}
    if across:
        figure.add_hline(y=chance, line=line, annotation_position="bottom right", **words)
    else:
        figure.add_vline(x=chance, line=line, annotation_position="top", **words)


def _wide(times: pd.Series) -> bool:
    return bool(times.max() > 10 * times.min() > 0)
