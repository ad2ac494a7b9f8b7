"""Shapes drawn by formula: 512 classes in five families, as a cover and a shading.

A class is a draw of a family's parameters; an instance moves them a little and draws the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from research.embedded_v1.families import find_family

SIDE = 96  # pixels
_SCALE = 2  # drawn larger, then reduced, which softens the border
_BIG = SIDE * _SCALE
_AXIS = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1

Family = Callable[[np.random.Generator, np.random.Generator], np.ndarray]
"""From the generator of the class and the generator of the instance to a cover or to (cover, height)."""


def draw(label: int, *, seed: int) -> np.ndarray:
    """Draw one shape.

    Args:
        label: Its class, from 0 to 511.
        seed: Which instance of the class.

    Returns:
        uint8 `(96, 96, 2)`: how much of the pixel the shape covers, and its shading (128 is neutral).
    """
    rng = np.random.default_rng([404, label, seed])
    drawn = FAMILIES[family_of(label)](np.random.default_rng([303, label]), rng)
    cover, height = drawn if drawn.ndim == 3 else (drawn, _cushion(drawn))
    shade = _lit(height, rng)
    return np.clip(np.rint(np.stack([cover, shade], axis=-1) * 255), 0, 255).astype(np.uint8)


def family_of(label: int) -> str:
    """Name the family of a class."""
    return find_family(label, N_CLASSES_OF)


def _cushion(cover: np.ndarray) -> np.ndarray:
    """A height that rises from the border inwards."""
    image = Image.fromarray((cover * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(4))
    return np.asarray(image, np.float32) / 255 * 0.35


def _lit(height: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shade a height by a distant light (Lambert), 0 to 1."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1)
    slope_y, slope_x = np.gradient(height, 2 / SIDE)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    light = (0.6 * (slope_x * np.cos(angle) + slope_y * np.sin(angle)) + 0.8) / length - 0.8
    return 0.5 + np.clip(light, -0.9, 0.9) * 0.5 * strength


def _polygon(xs: np.ndarray, ys: np.ndarray, *, width: float = 0.0) -> np.ndarray:
    """Cover of a closed line through points in -1 to 1: filled, or as a line of that width in pixels."""
    image = Image.new("L", (_BIG, _BIG))
    points = [((x + 1) * _BIG / 2, (y + 1) * _BIG / 2) for x, y in zip(xs, ys, strict=True)]
    pen = ImageDraw.Draw(image)
    if width:
        pen.line([*points, points[0]], fill=255, width=max(1, round(width * _SCALE)), joint="curve")
    else:
        pen.polygon(points, fill=255)
    return np.asarray(image.reduce(_SCALE), np.float32) / 255


def _radial_contours(kind: np.random.Generator, rng: np.random.Generator) -> np.ndarray:
    """Wavy closed contours around a centre (Kataoka et al. 2022, radial contours)."""
    n_waves, style = int(kind.integers(2, 7)), kind.choice(["filled", "filled", "line", "nested"])
    orders, sizes = kind.integers(1, 14, n_waves), kind.uniform(0.04, 0.3, n_waves) / np.sqrt(n_waves) * 1.6
    phases, aspect = kind.uniform(0, 2 * np.pi, n_waves), kind.uniform(0.6, 1)
    n_corners = int(kind.choice([0, 0, *range(5, 24)]))
    angle = np.linspace(0, 2 * np.pi, n_corners or 240, endpoint=False)
    sizes = sizes * rng.uniform(0.75, 1.25, n_waves)
    radius = 1 + (sizes[:, None] * np.cos(orders[:, None] * angle + phases[:, None])).sum(0)
    radius *= 0.92 / np.abs(radius).max()
    x, y = radius * np.cos(angle), radius * np.sin(angle) * aspect * rng.uniform(0.9, 1.1)
    if style == "filled":
        return _polygon(x, y)
    if style == "line":
        return _polygon(x, y, width=rng.uniform(3, 9))
    rings = [
        _polygon(x * scale, y * scale, width=rng.uniform(1.5, 4))
        for scale in np.linspace(1, 0.25, int(kind.integers(3, 7)))
    ]
    return np.max(rings, axis=0)


def _fractals(kind: np.random.Generator, rng: np.random.Generator) -> np.ndarray:
    """Iterated function systems (Barnsley 1988; Kataoka et al. 2020), as the places that the points visit."""
    n_maps = int(kind.integers(2, 6))
    maps, shifts = kind.uniform(-0.85, 0.85, (n_maps, 2, 2)), kind.uniform(-1, 1, (n_maps, 2))
    for index, matrix in enumerate(maps):
        maps[index] = matrix * (kind.uniform(0.6, 0.86) / np.linalg.norm(matrix, 2))
    maps = maps * rng.uniform(0.92, 1.06, maps.shape)
    odds = np.abs(np.linalg.det(maps)) + 0.05
    points = rng.uniform(-1, 1, (600, 2))
    visited = []
    for step in range(60):
        chosen = rng.choice(n_maps, len(points), p=odds / odds.sum())
        points = np.einsum("nij,nj->ni", maps[chosen], points) + shifts[chosen]
        if step >= 12:
            visited.append(points)
    places = np.concatenate(visited)
    low, high = np.percentile(places, (0.5, 99.5), axis=0)
    places = (places - (low + high) / 2) / max((high - low).max(), 1e-3) * 1.8
    counts = np.histogram2d(places[:, 1], places[:, 0], bins=SIDE, range=[[-1, 1], [-1, 1]])[0]
    cover = np.clip(counts / 3, 0, 1).astype(np.float32)
    image = Image.fromarray((cover * 255).astype(np.uint8))
    if cover.mean() < 0.06:
        image = image.filter(ImageFilter.MaxFilter(3))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.1)))
    return np.clip(np.asarray(image, np.float32) / 255 * 1.7, 0, 1)


def _outlines(kind: np.random.Generator, rng: np.random.Generator) -> np.ndarray:
    """Polygons, stars, and the superformula (Gielis 2003)."""
    style, n_points = kind.choice(["polygon", "star", "super"]), int(kind.integers(3, 10))
    inner, exponents, order = kind.uniform(0.3, 0.75), kind.uniform(0.4, 5, 3), int(kind.integers(2, 11))
    aspect, is_line = kind.uniform(0.55, 1), kind.random() < 0.25
    uneven = kind.uniform(-0.25, 0.25, n_points) * (kind.random() < 0.5)
    if style == "super":
        angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
        first, second = np.abs(np.cos(order * angle / 4)), np.abs(np.sin(order * angle / 4))
        e = exponents * rng.uniform(0.9, 1.1, 3)
        radius = (first ** e[1] + second ** e[2] + 1e-6) ** (-1 / e[0])
        radius = np.clip(radius / np.percentile(radius, 98), 0, 1)
    else:
        n_corners = n_points * (2 if style == "star" else 1)
        angle = 2 * np.pi * np.arange(n_corners) / n_corners
        radius = np.where(np.arange(n_corners) % 2 == 1, inner, 1.0) if style == "star" else 1 + uneven
        radius = radius * (1 + rng.normal(0, 0.04, n_corners))
        radius = radius / radius.max()
    x, y = radius * np.cos(angle) * 0.92, radius * np.sin(angle) * 0.92 * aspect
    return _polygon(x, y, width=rng.uniform(3, 9) if is_line else 0)


def _strokes(kind: np.random.Generator, rng: np.random.Generator) -> np.ndarray:
    """Glyphs of one to four curved strokes (Bezier)."""
    n_strokes = int(kind.integers(1, 5))
    anchors = kind.uniform(-1, 1, (n_strokes, 4, 2))
    anchors = anchors - (anchors.max((0, 1)) + anchors.min((0, 1))) / 2
    anchors *= 0.85 / np.abs(anchors).max()
    is_joined, is_straight = kind.random(n_strokes) < 0.6, kind.random(n_strokes) < 0.3
    thickness = rng.uniform(3, 13)
    t = np.linspace(0, 1, 40)[:, None]
    image = Image.new("L", (_BIG, _BIG))
    pen = ImageDraw.Draw(image)
    anchors = anchors + rng.normal(0, 0.05, anchors.shape)
    for index, (a, b, c, end) in enumerate(anchors):
        a = anchors[index - 1, 3] if index and is_joined[index] else a
        curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * end
        curve = a + t * (end - a) if is_straight[index] else curve
        places = [tuple(place) for place in (curve + 1) * _BIG / 2]
        width = thickness * _SCALE
        pen.line(places, fill=255, width=round(width), joint="curve")
        for x, y in (places[0], places[-1]):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(image.reduce(_SCALE), np.float32) / 255


def _solids(kind: np.random.Generator, rng: np.random.Generator) -> np.ndarray:
    """Bodies seen from above as heights: superquadrics (Barr 1981), cones, pyramids, rings, and pairs of them."""
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(int(kind.integers(1, 4))):
        style, power, round_off = (
            kind.choice(["quadric", "cone", "ring", "roof"]),
            kind.uniform(0.8, 6),
            kind.uniform(1, 4),
        )
        x0, y0 = kind.uniform(-0.35, 0.35, 2) * bool(parts) + rng.normal(0, 0.03, 2)
        width, aspect, turn = (
            kind.uniform(0.4, 0.85),
            kind.uniform(0.45, 1),
            kind.uniform(0, np.pi) + rng.normal(0, 0.1),
        )
        x, y = np.meshgrid(_AXIS - x0, _AXIS - y0)
        u, v = (x * np.cos(turn) + y * np.sin(turn)) / width, (y * np.cos(turn) - x * np.sin(turn)) / (width * aspect)
        reach = (np.abs(u) ** power + np.abs(v) ** power + 1e-9) ** (1 / power)
        if style == "ring":
            reach = np.abs(np.hypot(u, v) - 0.65) / 0.35
        if style == "roof":
            reach = np.maximum(np.abs(u), np.abs(v))
        inside = np.clip(1 - reach, 0, 1)
        height = inside if style in ("cone", "roof") else (1 - np.clip(reach, 0, 1) ** round_off) ** (1 / round_off)
        parts.append((np.clip((1 - reach) * SIDE * width / 3 + 0.5, 0, 1), height * width))
    return np.stack([np.max([cover for cover, _ in parts], axis=0), np.max([height for _, height in parts], axis=0)])


N_CLASSES_OF: Mapping[str, int] = MappingProxyType(
    {"radial_contours": 128, "fractals": 102, "outlines": 102, "strokes": 102, "solids": 78}
)
N_CLASSES = sum(N_CLASSES_OF.values())

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "radial_contours": _radial_contours,
        "fractals": _fractals,
        "outlines": _outlines,
        "strokes": _strokes,
        "solids": _solids,
    }
)
