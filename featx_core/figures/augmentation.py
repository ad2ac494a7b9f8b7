"""Figures of augmentation: how far each transform moves features, and trails from images to their copies."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.augmentation.transforms import AUGMENTATIONS
from featx_core.base.palette import CATEGORICAL, NO_LABEL_COLOR
from featx_core.figures.maps import WEBGL_POINTS
from featx_core.figures.style import INK, QUIET_INK, blank_figure, legend

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from featx_core.extraction.features import Features
    from featx_core.maps.projection import Projection
    from featx_core.robustness.effects import Effect, Effects

BAR_HEIGHT = 30  # pixels
OWN, OTHERS = "in this run", "others, at their usual strength"


def effects_figure(effects: Effects, *, own: Collection[str] = (), dark: bool = False) -> Figure:
    """How far each transform alone moves the features, largest first, with 95 % intervals.

    A dotted line marks 1, where a changed copy is as far from its image as another image is.

    Args:
        effects: What was measured.
        own: Transforms that stand out, such as those of a run. With none, all look alike.
        dark: Draw for a dark background.
    """
    figure = blank_figure(dark)
    kinds = [(OWN, CATEGORICAL[0], True), (OTHERS, NO_LABEL_COLOR, False)] if own else [("", CATEGORICAL[0], None)]
    for title, color, is_own in kinds:
        chosen = [each for each in effects.effects if is_own is None or (each.transform in own) == is_own]
        if chosen:
            figure.add_trace(_bars(chosen, title, color, dark))
    figure.add_vline(x=1, line={"color": QUIET_INK[dark], "width": 1.5, "dash": "dot"})
    names = [strength_words(each) for each in effects.effects][::-1]
    figure.update_yaxes(title_text="Transform, alone", categoryorder="array", categoryarray=names, showgrid=False)
    figure.update_xaxes(title_text="Distance moved / distance between different images", rangemode="tozero")
    return figure.update_layout(height=140 + BAR_HEIGHT * len(names), bargap=0.35, **legend(len(figure.data), ""))


def strength_words(effect: Effect) -> str:
    """Name a transform with its strength, such as "Rotation, 20 degrees"."""
    row = AUGMENTATIONS[effect.transform]
    if row.minimum == row.maximum:
        return row.title
    unit = f" {row.unit}" if row.unit in ("degrees", "px") else ""
    return f"{row.title}, {effect.strength:.3g}{unit}"


def with_trails(
    figure: Figure, projection: Projection, features: Features, *, from_first: bool = True, dark: bool = False
) -> Figure:
    """Draw lines from each image to its copies on a map. Changes the figure and returns it.

    Args:
        figure: As `map_figure` made it from the same map.
        projection: The map of all copies.
        features: What was mapped; without copies nothing is drawn.
        from_first: Whether lines begin at the first copy, which is the image as it is; else at the middle of the copies.
        dark: Draw for a dark background.
    """
    if features.copies is None or not len(projection.rows):
        return figure
    import plotly.graph_objects as go

    points = trail_points(projection, features.spec.rows_per_image, from_first=from_first)
    solid = points.shape[1] == 3
    kind = go.Scatter3d if solid else go.Scattergl if len(projection.rows) > WEBGL_POINTS else go.Scatter
    trails = kind(
        **dict(zip("xyz", points.T, strict=False)),
        mode="lines",
        line={"color": QUIET_INK[dark], "width": 1.5 if solid else 0.7},
        opacity=0.45,
        name="trails",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_trace(trails)
    figure.data = (figure.data[-1], *figure.data[:-1])  # under the points
    return figure


def trail_points(projection: Projection, n_copies: int, *, from_first: bool = True) -> np.ndarray:
    """Return the corners of all trails, with a row of NaN after each line.

    Args:
        projection: The map of the copies of images: copy `k` of image `i` is row `i * n_copies + k`.
        n_copies: Copies of each image.
        from_first: Whether lines begin at copy 0; else at the middle of the copies that are on the map.

    Returns:
        float32 `(3 * n_lines, 2 | 3)`: where a line begins, where it ends, NaN.
    """
    places = dict(zip(projection.rows.tolist(), projection.coordinates, strict=True))
    parts: list[Any] = []
    for first in sorted({row - row % n_copies for row in places}):
        rows = [row for row in range(first, first + n_copies) if row in places]
        if from_first and first not in places:
            continue
        start = places[first] if from_first else np.mean([places[row] for row in rows], axis=0)
        gap = np.full_like(start, np.nan)
        parts += [part for row in rows if not from_first or row != first for part in (start, places[row], gap)]
    return np.array(parts, np.float32).reshape(-1, projection.coordinates.shape[1])


def _bars(effects: list[Effect], title: str, color: str, dark: bool) -> Any:
    import plotly.graph_objects as go

    ratios = np.array([each.ratio for each in effects])
    error = {
        "type": "data",
        "symmetric": False,
        "array": [each.high - each.ratio for each in effects],
        "arrayminus": [each.ratio - each.low for each in effects],
        "color": INK[dark],
        "thickness": 1.5,
        "width": 4,
    }
    return go.Bar(
        x=ratios,
        y=[strength_words(each) for each in effects],
        orientation="h",
        name=title,
        marker={"color": color},
        error_x=error,
        customdata=[[each.low, each.high] for each in effects],
        hovertemplate="<b>%{y}</b><br>%{x:.3f}, 95 % interval %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
    )
