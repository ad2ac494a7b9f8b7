"""Figures and words of how faithful heatmaps are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.palette import CATEGORICAL, NO_LABEL_COLOR
from featx_core.base.wording import counted
from featx_core.figures.style import blank_figure, legend, plain
from featx_core.heatmaps.faithfulness.curves import SHARES
from featx_core.heatmaps.faithfulness.faithfulness import CENTRE, RANDOM, Faithfulness
from featx_core.heatmaps.methods import HEATMAPS

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

CAPTION = (
    "A good map falls early on the left and rises early on the right. This misleads too: images with holes are unlike any that "
    "the network was trained on, so part of each fall is surprise. A map that beats chance need not show all that the "
    "network uses. Subjects tend to be in the middle, where a centred map finds them without looking."
)

TITLES = {RANDOM: "Random map", CENTRE: "Centred map"}
_DASHES = {RANDOM: "dot", CENTRE: "dash"}
_PANELS = (("deletion", "Deletion: share hidden", "x", "y"), ("insertion", "Insertion: share shown", "x2", "y2"))


def title_of(name: str) -> str:
    """Name a map."""
    return TITLES[name] if name in TITLES else HEATMAPS[name].title


def faithfulness_figure(measured: Faithfulness, *, dark: bool = False) -> Figure:
    """Deletion at the left and insertion at the right, one line a map, the mean over the images.

    Args:
        measured: What was measured.
        dark: Draw for a dark background.
    """
    import plotly.graph_objects as go

    figure = blank_figure(dark)
    for curves, _, x, y in _PANELS:
        for number, name in enumerate(measured.names):
            is_other = name in TITLES
            line = {
                "color": NO_LABEL_COLOR if is_other else CATEGORICAL[number % len(CATEGORICAL)],
                "dash": _DASHES.get(name, "solid"),
                "width": 2,
            }
            trace = go.Scatter(
                x=100 * SHARES,
                y=getattr(measured, curves)[number].mean(axis=0),
                mode="lines",
                line=line,
                name=title_of(name),
                legendgroup=name,
                showlegend=x == "x",
                xaxis=x,
                yaxis=y,
                hovertemplate="%{x:.0f} %: %{y:.3f}<extra>" + plain(title_of(name)) + "</extra>",
            )
            figure.add_trace(trace)
    title = {"text": plain(f"Target: {measured.explains}", 44)}
    figure.update_layout(
        xaxis={"domain": [0, 0.47], "title": {"text": f"{_PANELS[0][1]} (%)"}},
        xaxis2={"domain": [0.53, 1], "anchor": "y2", "title": {"text": f"{_PANELS[1][1]} (%)"}},
        yaxis={"title": title},
        yaxis2={"anchor": "x2", "matches": "y", "showticklabels": False},
        height=400,
        **legend(len(measured.names), ""),
    )
    return figure


def faithfulness_table(measured: Faithfulness) -> pd.DataFrame:
    """Areas of each map, the mean over the images, and on how many of them it beats a random map."""
    import pandas as pd

    deletion, insertion = (areas.mean(axis=1) for areas in measured.areas)
    rows = []
    for number, name in enumerate(measured.names):
        beats = [f"{n} of {measured.n_images}" for n in measured.beats(name, RANDOM)] if name != RANDOM else ["", ""]
        rows.append([title_of(name), deletion[number], beats[0], insertion[number], beats[1]])
    names = ["map", "deletion area", "below random", "insertion area", "above random"]
    return pd.DataFrame(rows, columns=names).round(3)


def verdict(measured: Faithfulness) -> str:
    """Say which map does best, and whether that is better than chance and the middle."""
    deletion, insertion = (areas.mean(axis=1) for areas in measured.areas)
    gain = insertion - deletion
    n_maps = len(measured.names) - len(TITLES)
    best = int(np.argmax(gain[:n_maps]))
    others = dict(zip(measured.names[n_maps:], gain[n_maps:], strict=True))
    lost_to = [title_of(name).lower() for name in (RANDOM, CENTRE) if gain[best] <= others[name]]
    title, on = title_of(measured.names[best]), f"on {counted(measured.n_images, 'image')}"
    if lost_to:
        return f"No map here does better {on} than a {' or a '.join(lost_to)}: do not rely on them."
    is_best = "is the most faithful" if n_maps > 1 else "is faithful"
    return f"{title} {is_best} {on}: better than a random and a centred map."
