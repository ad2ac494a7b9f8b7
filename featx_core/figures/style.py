"""The style of figures: background, fonts, legend, and escaped text."""

import functools
import html
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from featx_core.base.wording import shortened

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from plotly.graph_objects.layout import Template

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "responsive": True,
    "toImageButtonOptions": {"format": "png", "filename": "featx", "scale": 2},
}
"""Plotly settings for a page and for an exported file: no upload button, images in twice the size of the screen."""

FONT = '"Source Sans", "Source Sans 3", Inter, "Segoe UI", "Helvetica Neue", sans-serif'
FONT_SIZE = 14
"""In pixels, for titles of axes; ticks and legends are a pixel smaller."""

LEGEND_CHARACTERS = 28
LEGEND_BELOW = 8
"""Up to this many classes the legend is a line or two below the figure; more stand in a column at its right."""

NAME_CHARACTERS = 120

CAMERA = {"eye": {"x": 1.5, "y": 1.5, "z": 1.0}, "center": {"x": 0, "y": 0, "z": -0.12}}
"""Where a 3-D map is seen from at first: far enough for the titles of its axes."""

TRACES = ("bar", "heatmap", "scatter", "scatter3d", "scattergl")
"""The kinds of traces in our figures. The style of others is left out: each figure copies, checks and sends the whole style."""

_UNUSED = ("geo", "polar", "ternary", "mapbox", "map", "smith")

INK = {False: "#31333f", True: "#dfe2e8"}
QUIET_INK = {False: "#6b7080", True: "#9aa1ad"}
RULE = {False: "#e8e9ed", True: "#262b35"}
CARD = {False: "#ffffff", True: "#262a33"}


def blank_figure(dark: bool) -> "Figure":
    """An empty figure in the house style, for a light or a dark background; its own background is transparent."""
    import plotly.graph_objects as go

    return go.Figure(layout={"template": _template(dark)})  # which it copies


@functools.cache
def _template(dark: bool) -> "Template":
    """What the style is made of: plotly checks each of its parts when they are set, which takes longer than a figure."""
    import plotly.graph_objects as go
    import plotly.io as pio

    whole = pio.templates["plotly_dark" if dark else "plotly_white"].to_plotly_json()
    template = go.layout.Template(
        data={kind: whole["data"][kind] for kind in TRACES},
        layout={name: value for name, value in whole["layout"].items() if name not in _UNUSED},
    )
    template.layout.update(_layout(dark))
    axis = _axis(dark)
    flat = {"automargin": True, "title_standoff": 12}
    template.layout.update(xaxis=axis | flat, yaxis=axis | flat)
    solid = axis | {"showbackground": False, "showspikes": False, "nticks": 6}
    template.layout.scene.update(xaxis=solid, yaxis=solid, zaxis=solid, camera=CAMERA)
    return template


def _layout(dark: bool) -> dict[str, Any]:
    quiet = {"size": FONT_SIZE - 1, "color": INK[dark], "family": FONT}
    return {
        "font": {"family": FONT, "size": FONT_SIZE, "color": INK[dark]},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 64, "r": 24, "t": 24, "b": 56},
        "hoverlabel": {"bgcolor": CARD[dark], "bordercolor": RULE[dark], "font": quiet, "align": "left"},
        "legend": {"itemsizing": "constant", "font": quiet, "title": {"font": quiet}, "bgcolor": "rgba(0, 0, 0, 0)"},
        "modebar": {"bgcolor": "rgba(0, 0, 0, 0)", "color": QUIET_INK[dark], "activecolor": INK[dark]},
        "hovermode": "closest",
    }


def _axis(dark: bool) -> dict[str, Any]:
    return {
        "gridcolor": RULE[dark],
        "zerolinecolor": RULE[dark],
        "zerolinewidth": 1,
        "linecolor": RULE[dark],
        "tickfont": {"size": FONT_SIZE - 1, "color": QUIET_INK[dark]},
        "title": {"font": {"size": FONT_SIZE, "color": INK[dark]}},
    }


def legend(n_entries: int, title: str) -> dict[str, Any]:
    """Layout with the legend below for a few entries, at the right for many, and none for a single one."""
    below = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "xanchor": "left"}
    right = {"orientation": "v", "y": 1, "yanchor": "top", "x": 1.02, "xanchor": "left"}
    place = below if n_entries <= LEGEND_BELOW else right
    return {"showlegend": n_entries > 1, "legend": place | {"title": {"text": plain(title)}}}


def color_bar(title: str) -> dict[str, Any]:
    """A slim colour bar with its title along the side."""
    heading = {"text": plain(title), "side": "right", "font": {"size": FONT_SIZE - 1}}
    return {"title": heading, "tickfont": {"size": FONT_SIZE - 1}, "thickness": 12, "outlinewidth": 0, "len": 0.9}


def short(text: str) -> str:
    """Text for a legend: `plain`, and cut in its middle to 28 characters."""
    return plain(text, LEGEND_CHARACTERS)


def short_categories(names: Sequence[str]) -> list[str]:
    """Texts for the categories of an axis: `short`, and as many different ones as there are names.

    >>> short_categories(["owl", "jay", "a" * 40, "a" * 41])[2:]
    ['aaaaaaaaaaaaa…aaaaaaaaaaaaaa', 'aaaaaaaaaaaaa…aaaaaaaaaaaaaa (2)']
    """
    counts: Counter[str] = Counter()
    shown = []
    for name in names:
        counts[short(name)] += 1
        shown.append(short(name) if counts[short(name)] == 1 else f"{short(name)} ({counts[short(name)]})")
    return shown


def plain(text: str, limit: int = NAME_CHARACTERS) -> str:
    """Text that plotly shows as it is, cut to `limit` characters: no tags, links, formulas or placeholders.

    >>> plain("<b>$x$</b>")
    '&lt;b&gt;&#36;x&#36;&lt;/b&gt;'
    """
    return html.escape(shortened(text, limit), quote=False).replace("$", "&#36;").replace("%{", "%&#123;")
