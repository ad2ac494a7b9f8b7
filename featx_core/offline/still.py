"""A map as a drawing that does not move: for print, and for readers without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from featx_core.base.labels import label_texts
from featx_core.base.palette import LabelStyle, label_styles
from featx_core.offline.markup import text

if TYPE_CHECKING:
    from featx_core.maps.projection import Projection

WIDTH, HEIGHT, MARGIN = 900, 600, 60
MAX_POINTS = 5_000
MAX_LISTED = 40
N_TICKS = 6  # about, along the longer axis
_MARKS = MappingProxyType(
    {
        "circle": "M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0z",
        "diamond": "M0,-1.3L1.3,0L0,1.3L-1.3,0z",
        "square": "M-.9,-.9h1.8v1.8h-1.8z",
        "cross": "M-.4,-1.1h.8v.7h.7v.8h-.7v.7h-.8v-.7h-.7v-.8h.7z",
        "x": "M-1.1,-.5L-.5,-1.1L0,-.6L.5,-1.1L1.1,-.5L.6,0L1.1,.5L.5,1.1L0,.6L-.5,1.1L-1.1,.5L-.6,0z",
    }
)
"""Outlines by a symbol of `palette.SYMBOLS`, one unit from the middle to the edge; "-open" draws the line alone."""


def still(projection: Projection, labels: Sequence[str | None], title: str) -> str:
    """Draw the first two axes of a map as SVG, with their numbers and titles, coloured by label, and list the labels.

    Args:
        projection: The map.
        labels: Of its points.
        title: What it is, for those who do not see it.
    """
    texts = label_texts(labels)
    styles = label_styles(texts)
    frame = _Frame.around(projection.coordinates[:, :2])
    places = frame.places(projection.coordinates[:MAX_POINTS, :2])
    radius = 5 if len(places) < 500 else 3
    dots = "".join(_mark(x, y, radius, styles[label]) for (x, y), label in zip(places.tolist(), texts, strict=False))
    listed = "".join(
        f'<li><svg width="14" height="14" aria-hidden="true">{_mark(7, 7, 5, style)}</svg> {text(label or "no label")}</li>'
        for label, style in list(styles.items())[:MAX_LISTED]
    )
    return (
        f'<svg class="still" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(title)}">'
        f"{_axes(frame, projection.axis_titles)}{dots}</svg>"
        f'<ul class="legend-list">{listed}</ul>'
    )


def _mark(x: float, y: float, radius: float, style: LabelStyle) -> str:
    symbol = style.symbol.removesuffix("-open")
    paint = (
        f'fill="{style.color}"' if symbol == style.symbol else f'fill="none" stroke="{style.color}" stroke-width=".4"'
    )
    return f'<path d="{_MARKS[symbol]}" transform="translate({x:.1f} {y:.1f}) scale({radius})" {paint}/>'


class _Frame(NamedTuple):
    """Where coordinates lie in the drawing, both axes at the same scale."""

    middle: np.ndarray
    half: np.ndarray
    scale: float

    @classmethod
    def around(cls, coordinates: np.ndarray) -> _Frame:
        exact = coordinates.astype(np.float64)
        low, high = exact.min(axis=0), exact.max(axis=0)
        room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
        scale = float((room / np.maximum(high - low, 1e-12)).min())
        return cls((low + high) / 2, np.array([WIDTH, HEIGHT]) / 2 / scale, scale)

    def places(self, coordinates: np.ndarray) -> np.ndarray:
        moved = (coordinates.astype(np.float64) - self.middle) * self.scale * np.array([1, -1])
        return np.asarray(moved + np.array([WIDTH, HEIGHT]) / 2)


def _axes(frame: _Frame, titles: Sequence[str]) -> str:
    """Draw a line and a number at round values of both axes, and their titles."""
    rough = 2 * float(frame.half.max()) / N_TICKS
    power = 10 ** np.floor(np.log10(rough))
    step = float(power * next(each for each in (1, 2, 5, 10) if each * power >= rough))
    lines, words = [], []
    for axis in (0, 1):
        low, high = frame.middle[axis] - frame.half[axis], frame.middle[axis] + frame.half[axis]
        for k in range(int(np.ceil(low / step)), int(high // step) + 1):
            place = frame.places(np.where(np.arange(2) == axis, k * step, frame.middle))[axis]
            if not MARGIN / 2 < place < (WIDTH, HEIGHT)[axis] - MARGIN / 2:
                continue
            line = f"M{place:.1f},0V{HEIGHT}" if axis == 0 else f"M0,{place:.1f}H{WIDTH}"
            at = f'x="{place:.1f}" y="{HEIGHT - 6}" text-anchor="middle"' if axis == 0 else f'x="4" y="{place - 4:.1f}"'
            lines.append(line)
            words.append(f"<text {at}>{k * step:.6g}</text>")
    return (
        f'<path d="{"".join(lines)}" stroke="#d9dbe0" fill="none"/>'
        f'<g font-size="14" fill="#50545f">{"".join(words)}'
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 26}" text-anchor="middle">{text(titles[0])}</text>'
        f'<text transform="translate(46 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{text(titles[1])}</text></g>'
    )
