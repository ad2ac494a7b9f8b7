"""The three pictures: heatmaps on photographs, a map of photographs, a verdict. Each for a light and a dark ground."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

import featx_core as fx
from featx_core.base.palette import CATEGORICAL
from featx_core.comparison.tables import CHANCE
from featx_core.maps.projection import Projection
from research.first_page.measure import Explained

SIZE = (960, 600)  # pixels
GAP = 12
ROUND = 14  # radius of corners
THUMBNAIL = 92
MARGIN = 30


@dataclass(frozen=True)
class Shade:
    """Colours for one ground."""

    panel: str
    ink: str
    quiet: str
    line: str


SHADES = {
    "light": Shade(panel="#f3f5f9", ink="#1b2230", quiet="#5b6577", line="#d9dfe9"),
    "dark": Shade(panel="#1a202b", ink="#e7ebf3", quiet="#9aa6ba", line="#2d3646"),
}
"""Those of `.streamlit/config.toml`."""


def heatmaps(explained: list[Explained]) -> Image.Image:
    """Lay one large overlay beside two small ones, each with the class that it explains."""
    picture = Image.new("RGBA", SIZE)
    height = (SIZE[1] - GAP) // 2
    places = [(0, 0, SIZE[1], SIZE[1])]
    places += [(SIZE[1] + GAP, top, SIZE[0], top + height) for top in (0, height + GAP)]
    for each, (left, top, right, bottom) in zip(explained, places, strict=True):
        tile = ImageOps.fit(_seen(each), (right - left, bottom - top), Image.Resampling.LANCZOS)
        _tag(tile, f"{each.class_name}  {each.score:.2f}")
        picture.paste(tile, (left, top), _rounded(tile.size))
    return picture


def photographs(images: fx.ImageSet, projection: Projection, shade: Shade) -> Image.Image:
    """Lay thumbnails out as the map does, the axes stretched to the picture."""
    picture, draw = _panel(shade)
    coordinates = np.asarray(projection.coordinates, np.float64)
    places = (coordinates - coordinates.min(axis=0)) / np.ptp(coordinates, axis=0)
    room = np.array(SIZE) - 2 * MARGIN - THUMBNAIL
    for row, (x, y) in sorted(zip(projection.rows.tolist(), places, strict=True), key=lambda item: item[1][1]):
        small = ImageOps.fit(Image.fromarray(images[row].pixels()), (THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
        left, top = MARGIN + round(x * room[0]), MARGIN + round((1 - y) * room[1])
        around = (left - 3, top - 3, left + THUMBNAIL + 2, top + THUMBNAIL + 2)
        draw.rounded_rectangle(around, ROUND, fill=shade.panel)
        picture.paste(small, (left, top), _rounded(small.size))
    return picture


def verdict(comparison: fx.Comparison, shade: Shade) -> Image.Image:
    """Write the verdict over the scores of the linear probe, with their intervals."""
    picture, draw = _panel(shade)
    lines = textwrap.wrap(comparison.verdict, 34)
    draw.multiline_text((48, 44), "\n".join(lines), fill=shade.ink, font=_font(36), spacing=12)
    rows = comparison.table[comparison.table["extractor"] != CHANCE]
    top, step, left, right = 100 + 48 * len(lines), 70, 400, SIZE[0] - 60
    bottom = top + step * (len(rows) - 1) + 44
    for percent in (0, 50, 100):
        x = left + (right - left) * percent / 100
        draw.line((x, top - 40, x, bottom), fill=shade.line, width=2)
        draw.text((x, bottom + 8), f"{percent} %", fill=shade.quiet, font=_font(28), anchor="ma")
    for number, row in enumerate(rows.itertuples()):
        y = top + number * step
        color = shade.quiet if row.kind != "extractor" else CATEGORICAL[number]
        low, middle, high = (left + (right - left) * share for share in (row.probe_low, row.probe, row.probe_high))
        draw.text((left - 28, y), str(row.extractor), fill=shade.ink, font=_font(30), anchor="rm")
        draw.line((low, y, high, y), fill=color, width=6)
        draw.ellipse((middle - 13, y - 13, middle + 13, y + 13), fill=color)
    words = "Handwritten digits named rightly by a linear probe"
    draw.text((SIZE[0] // 2, bottom + 62), words, fill=shade.quiet, font=_font(28), anchor="ma")
    return picture


def _panel(shade: Shade) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGBA", SIZE)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), ROUND, fill=shade.panel)
    return picture, draw


def _seen(explained: Explained) -> Image.Image:
    """Return the overlay without what lies outside the square that the network saw."""
    overlay = Image.fromarray(explained.heatmap.overlay(explained.image))
    side = min(overlay.size)
    square = ImageOps.fit(overlay, (side, side))
    return ImageOps.crop(square, max(2, side // 100)) if overlay.size != (side, side) else square


def _tag(tile: Image.Image, words: str) -> None:
    draw = ImageDraw.Draw(tile, "RGBA")
    left, top, right, bottom = draw.textbbox((30, tile.height - 34), words, font=_font(30), anchor="ls")
    draw.rounded_rectangle((left - 14, top - 10, right + 14, bottom + 10), ROUND, fill=(16, 20, 27, 200))
    draw.text((30, tile.height - 34), words, fill="#ffffff", font=_font(30), anchor="ls")


def _rounded(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", (2 * size[0], 2 * size[1]))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 2 * size[0] - 1, 2 * size[1] - 1), 2 * ROUND, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
