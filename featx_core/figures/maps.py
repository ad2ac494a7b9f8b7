"""Figures of maps: points or thumbnails, in 2-D or 3-D."""

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.labels import label_texts
from featx_core.base.palette import (
    CATEGORICAL,
    DARK_GROUND,
    LIGHT_GROUND,
    NO_LABEL_COLOR,
    SEQUENTIAL_SCALES,
    SYMBOLS,
    LabelStyle,
    label_styles,
)
from featx_core.figures.style import blank_figure, color_bar, legend, plain, short
from featx_core.maps.projection import Projection

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WEBGL_POINTS = 1_000
"""Above this many points a flat map is drawn by WebGL, which stays fluent and has no outlines around markers."""

THUMBNAIL_POINTS = 300
"""The most images on a map; a browser pans and zooms them without delay."""

THUMBNAIL_SHARE = 0.055
"""Side of an image on the map, as a share of the map's width and height."""


def map_figure(
    projection: Projection,
    *,
    names: Sequence[str],
    groups: Sequence[Any] | np.ndarray | None = None,
    group_title: str = "",
    dark: bool = False,
    thumbnails: Mapping[int, str] | None = None,
) -> "Figure":
    """A map of images: one point an image, coloured by label or by value.

    Strings and booleans are labels: one trace each, in the colours of `label_styles`, see `label_text`. Numbers are
    values: a colour bar, and grey for NaN. Each point carries its row in the image set as `customdata`. A double click
    on a label in the legend shows it alone.

    Args:
        projection: The map, in 2-D or 3-D.
        names: Names of all images of the set, also of those that are not on the map.
        groups: A label or a number for each of `names`. None draws all points alike.
        group_title: What the labels or numbers are, with unit.
        dark: Draw for a dark background. The figure's own background is transparent.
        thumbnails: Images as data URIs, by row in the image set, that stand on their points; 2-D, at most 300.

    Returns:
        A figure whose axes have titles.

    Raises:
        ValueError: If `names` or `groups` do not fit the map, or if thumbnails are too many or for a 3-D map.
    """
    _check_map(projection, names, groups, thumbnails)
    figure = blank_figure(dark)
    for trace in _map_traces(projection, names, groups, group_title, dark):
        figure.add_trace(trace)
    _title_axes(figure, projection)
    same_view = zlib.crc32(np.ascontiguousarray(projection.coordinates).tobytes())
    heading = "" if _are_numbers(groups) else group_title
    figure.update_layout(uirevision=same_view, **legend(len(figure.data), heading))
    if thumbnails:
        figure.update_layout(images=_pictures(projection, thumbnails))
        figure.update_xaxes(showgrid=False, zeroline=False)
        figure.update_yaxes(showgrid=False, zeroline=False)
    return figure


def _check_map(projection: Projection, names: Sequence[str], groups: Any, thumbnails: Mapping[int, str] | None) -> None:
    needed = int(projection.rows.max()) + 1
    if len(names) < needed:
        raise ValueError(f"`names` must name all images of the set, at least {needed}. Received: {len(names)}.")
    if groups is not None and len(groups) != len(names):
        raise ValueError(f"`groups` must have one entry for each of {len(names)} names. Received: {len(groups)}.")
    if thumbnails and projection.coordinates.shape[1] != 2:
        raise ValueError("Thumbnails can be shown on 2-D maps only; this one is 3-D. Show points.")
    if thumbnails and len(thumbnails) > THUMBNAIL_POINTS:
        raise ValueError(
            f"At most {THUMBNAIL_POINTS} thumbnails fit on a map. Received: {len(thumbnails)}. Show points."
        )


def _map_traces(projection: Projection, names: Sequence[str], groups: Any, group_title: str, dark: bool) -> list[Any]:
    rows = projection.rows
    if groups is None:
        return [_points(projection, np.arange(len(rows)), names, "image", {"color": CATEGORICAL[0]}, dark)]
    chosen = [groups[row] for row in rows]
    if _are_numbers(groups):
        return _value_traces(projection, np.asarray(chosen, np.float32), names, group_title, dark)
    chosen = label_texts(chosen)
    return [
        _points(projection, _where(chosen, label), names, short(label or "no label"), style._asdict(), dark)
        for label, style in _present(label_styles(label_texts(groups)), chosen)
    ]


def _present(styles: dict[str | None, LabelStyle], chosen: list[Any]) -> list[tuple[str | None, LabelStyle]]:
    on_map = set(chosen)
    return [(label, style) for label, style in styles.items() if label in on_map]


def _where(chosen: list[Any], label: str | None) -> np.ndarray:
    return np.flatnonzero([each == label for each in chosen])


def _are_numbers(groups: Any) -> bool:
    known = np.asarray([group for group in ([] if groups is None else groups) if group is not None])
    return known.dtype.kind in "fiu" and known.size > 0


def _value_traces(
    projection: Projection, values: np.ndarray, names: Sequence[str], title: str, dark: bool
) -> list[Any]:
    known = np.isfinite(values)
    bar = {
        "colorscale": SEQUENTIAL_SCALES[0],
        "colorbar": color_bar(title),
        "line": {"width": 0.7, "color": NO_LABEL_COLOR},
    }
    traces = [_points(projection, np.flatnonzero(known), names, title, {"color": values[known], **bar}, dark)]
    traces[0].update(showlegend=False)
    if not known.all():
        traces.append(_points(projection, np.flatnonzero(~known), names, "no value", {"color": NO_LABEL_COLOR}, dark))
    return traces


def _points(
    projection: Projection, at: np.ndarray, names: Sequence[str], title: str, marker: dict[str, Any], dark: bool
) -> Any:
    """One trace. `at` are positions on the map, and `customdata` rows in the image set."""
    import plotly.graph_objects as go

    coordinates = projection.coordinates[at].astype(np.float32)
    n_points, solid = len(projection.rows), coordinates.shape[1] == 3
    kind = go.Scatter3d if solid else go.Scattergl if n_points > WEBGL_POINTS else go.Scatter
    group = "%{fullData.name}" if isinstance(marker["color"], str) else "%{marker.color:.3~g}"
    return kind(
        **dict(zip("xyz", coordinates.T, strict=False)),
        mode="markers",
        name=title,
        text=[plain(names[row]) for row in projection.rows[at]],
        customdata=projection.rows[at].astype(np.int32),
        marker={"symbol": SYMBOLS[0], **_marker_look(n_points, solid, dark), **marker},
        hovertemplate=f"<b>%{{text}}</b><br>{group}<extra></extra>",
    )


def _marker_look(n_points: int, solid: bool, dark: bool) -> dict[str, Any]:
    size = 10 if n_points <= 100 else 8 if n_points <= WEBGL_POINTS else 6 if n_points <= 10_000 else 4
    if solid or n_points > WEBGL_POINTS:
        return {"size": size / 2 if solid else size, "opacity": 0.9}
    return {"size": size, "line": {"width": 0.8, "color": DARK_GROUND if dark else LIGHT_GROUND}}


def _title_axes(figure: "Figure", projection: Projection) -> None:
    titles = {axis: {"title_text": title} for axis, title in zip("xyz", projection.axis_titles, strict=False)}
    if len(titles) == 3:
        figure.update_scenes(aspectmode="cube", **{f"{axis}axis": title for axis, title in titles.items()})
    else:
        figure.update_xaxes(titles["x"])
        figure.update_yaxes(titles["y"])


def _pictures(projection: Projection, thumbnails: Mapping[int, str]) -> list[dict[str, Any]]:
    """Pictures that stand on their points, in the units of the axes, so that they grow with the zoom."""
    width, height = (float(side) or 1.0 for side in np.ptp(projection.coordinates, axis=0))
    box = {"sizex": THUMBNAIL_SHARE * width, "sizey": THUMBNAIL_SHARE * height, "sizing": "contain"}
    anchor = {"xref": "x", "yref": "y", "xanchor": "center", "yanchor": "bottom", "layer": "below"}
    places = zip(projection.rows.tolist(), projection.coordinates.tolist(), strict=True)
    return [{"source": thumbnails[row], "x": x, "y": y, **box, **anchor} for row, (x, y) in places if row in thumbnails]
