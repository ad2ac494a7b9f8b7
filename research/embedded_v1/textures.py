"""Textures drawn by formula: 256 classes in seven families, as fields without colour.

A class is a draw of a family's parameters; an instance is a draw of everything else. Colour is given later and is never
part of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw
from scipy.spatial import KDTree

from research.embedded_v1.families import find_family

SIDE = 128  # pixels
N_FIELDS = 3
_AXIS = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE

Field = np.ndarray
"""float32 `(128, 128, 3)`, 0 to 1: three quantities at each pixel, that colour is made of."""

Family = Callable[[np.random.Generator, np.random.Generator], Field]
"""From the generator of the class and the generator of the instance to a field."""


def draw(label: int, *, seed: int) -> np.ndarray:
    """Draw one texture.

    Args:
        label: Its class, from 0 to 255.
        seed: Which instance of the class.

    Returns:
        uint8 `(128, 128, 3)`: three fields. Not colours.
    """
    family = FAMILIES[family_of(label)]
    field = family(np.random.default_rng([101, label]), np.random.default_rng([202, label, seed]))
    return np.clip(np.rint(field * 255), 0, 255).astype(np.uint8)


def family_of(label: int) -> str:
    """Name the family of a class."""
    return find_family(label, N_CLASSES_OF)


def _spectral_noise(
    rng: np.random.Generator, exponent: float, *, stretch: float = 1.0, angle: float = 0.0, cut: float = 0.0
) -> np.ndarray:
    """Noise whose amplitude falls with frequency to the power `exponent`, 0 to 1, `(128, 128)`."""
    v, u = np.meshgrid(np.fft.fftfreq(SIDE) * SIDE, np.fft.rfftfreq(SIDE) * SIDE, indexing="ij")
    along, across = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
    frequency = np.hypot(along * stretch, across / stretch)
    amplitude = np.where(frequency > cut, np.maximum(frequency, 1) ** -exponent, 0)
    amplitude[0, 0] = 0
    phase = np.exp(2j * np.pi * rng.random(amplitude.shape))
    return _spread(np.fft.irfft2(amplitude * phase * rng.rayleigh(size=amplitude.shape), s=(SIDE, SIDE)))


def _spread(values: np.ndarray) -> np.ndarray:
    """Bring the middle 96 % of the values to 0 to 1."""
    low, high = np.percentile(values[::2, ::2], (2, 98))
    return np.clip((values - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def _warp(field: np.ndarray, rng: np.random.Generator, pixels: float, exponent: float = 2.0) -> np.ndarray:
    """Move each pixel of a `(128, 128, ...)` field along smooth noise; the edges meet."""
    shift = [(_spectral_noise(rng, exponent) - 0.5) * 2 * pixels for _ in range(2)]
    row, column = np.mgrid[:SIDE, :SIDE]
    row, column = (row + shift[0]) % SIDE, (column + shift[1]) % SIDE
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    down, right = (row - top)[..., None], (column - left)[..., None]
    top, left, bottom, far = top % SIDE, left % SIDE, (top + 1) % SIDE, (left + 1) % SIDE
    upper = field[top, left] * (1 - right) + field[top, far] * right
    lower = field[bottom, left] * (1 - right) + field[bottom, far] * right
    return upper * (1 - down) + lower * down


def _stack(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> Field:
    return np.stack([first, second, third], axis=-1).astype(np.float32)


def _noise(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    exponent, stretch, angle = kind.uniform(0.4, 2.4), np.exp(kind.uniform(0, 1.2)), kind.uniform(0, np.pi)
    cut, power = kind.choice([0, 0, 6, 14]), kind.choice([0, 0, 1, 2])
    layers = [_spectral_noise(rng, exponent, stretch=stretch, angle=angle, cut=cut) for _ in range(3)]
    if power == 1:
        layers[0] = 1 - np.abs(2 * layers[0] - 1)
    if power == 2:
        layers[0] = np.clip((layers[0] - 0.5) * 6 + 0.5, 0, 1)
    return _stack(*layers)


def _dead_leaves(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    shape = kind.choice(["disc", "square", "polygon", "bar"])
    smallest, decay = kind.uniform(3, 14), kind.uniform(1.2, 3)
    n_sides, has_edge, tilt = int(kind.integers(3, 7)), kind.random() < 0.3, kind.uniform(0, np.pi)
    turns_freely, elongation = kind.random() < 0.6, kind.uniform(2, 6)
    scale = 2
    image = Image.new("RGB", (SIDE * scale, SIDE * scale), (128, 128, 128))
    pen = ImageDraw.Draw(image)
    n_leaves = int(np.clip(9000 / smallest**2 * 2, 150, 700))
    radii = np.minimum(smallest * (1 - rng.random(n_leaves)) ** (-1 / decay), 60) * scale
    for radius, (x, y), colour in zip(
        np.sort(radii)[::-1] if kind.random() < 0.4 else radii,
        rng.uniform(0, SIDE * scale, (n_leaves, 2)),
        rng.integers(0, 256, (n_leaves, 3)),
        strict=True,
    ):
        turn = rng.uniform(0, 2 * np.pi) if turns_freely else tilt
        edge = tuple(int(c) // 3 for c in colour) if has_edge else None
        if shape == "disc":
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(colour), outline=edge)
            continue
        sides = 4 if shape in ("square", "bar") else n_sides
        angles = turn + 2 * np.pi * (np.arange(sides) + 0.5) / sides
        xs, ys = np.cos(angles) * radius, np.sin(angles) * radius
        if shape == "bar":
            along, across = xs * np.cos(turn) + ys * np.sin(turn), ys * np.cos(turn) - xs * np.sin(turn)
            along *= elongation / 2
            across /= 2
            xs, ys = along * np.cos(turn) - across * np.sin(turn), along * np.sin(turn) + across * np.cos(turn)
        pen.polygon([(x + a, y + b) for a, b in zip(xs, ys, strict=True)], fill=tuple(colour), outline=edge)
    return np.asarray(image.reduce(scale), np.float32) / 255


def _warped_noise(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    exponent, pixels, bend = kind.uniform(1, 2.2), kind.uniform(6, 28), kind.uniform(1.6, 2.6)
    stretch, angle, bands = np.exp(kind.uniform(0, 1.6)), kind.uniform(0, np.pi), kind.choice([0, 2, 4, 7])
    field = _stack(*(_spectral_noise(rng, exponent, stretch=stretch, angle=angle) for _ in range(3)))
    field = _warp(field, rng, pixels, bend)
    if bands:
        field[..., 0] = 0.5 + 0.5 * np.sin(2 * np.pi * bands * field[..., 0])
    return field


def _random_network(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    """A small random network on coordinates (Stanley 2007, compositional pattern producing networks)."""
    frequency, width = kind.uniform(1.5, 9), 12
    weights = [kind.normal(size=(5, width)), kind.normal(size=(width, width)), kind.normal(size=(width, 3))]
    squash = [(np.sin, np.tanh, np.abs)[i] for i in kind.integers(0, 3, 2)]
    x, y = np.meshgrid(_AXIS - rng.uniform(0, 1), _AXIS - rng.uniform(0, 1))
    x, y = x * frequency, y * frequency
    values = np.stack([x, y, np.hypot(x, y), np.sin(2 * x), np.cos(2 * y)], axis=-1)
    for weight, function in zip(weights[:2], squash, strict=True):
        values = function(values @ (weight + rng.normal(0, 0.06, weight.shape)) / np.sqrt(len(weight)) * 1.8)
    return _stack(*(_spread(channel) for channel in np.moveaxis(np.sin(values @ weights[2] * 1.5), -1, 0)))


def _random_convolutions(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    """Noise through random filters with a rectifier between them."""
    first, second = kind.normal(size=(4, 7, 7)), kind.normal(size=(3, 4, 5, 5))
    blur, zoom = kind.uniform(0.3, 1.6), int(kind.choice([1, 2, 3]))
    source = np.fft.rfft2(_spectral_noise(rng, blur))
    hidden = [np.maximum(_filtered(source, kernel, zoom), 0) for kernel in first]
    spectra = [np.fft.rfft2(values) for values in hidden]
    outputs = [[_filtered(s, k, zoom) for s, k in zip(spectra, kernels, strict=True)] for kernels in second]
    return _stack(*(_spread(np.sum(output, axis=0)) for output in outputs))


def _filtered(spectrum: np.ndarray, kernel: np.ndarray, zoom: int) -> np.ndarray:
    kernel = np.kron(kernel - kernel.mean(), np.ones((zoom, zoom)))
    return np.fft.irfft2(spectrum * np.fft.rfft2(kernel, s=(SIDE, SIDE)), s=(SIDE, SIDE))


def _periodic(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    shape = kind.choice(["stripes", "waves", "checks", "dots", "bricks", "weave", "rings"])
    count, angle, duty = kind.uniform(4, 18), kind.uniform(0, np.pi), kind.uniform(0.25, 0.7)
    bend, ratio = kind.choice([0, 2, 5, 9]), np.exp(kind.uniform(-0.6, 0.6))
    x, y = np.meshgrid(_AXIS, _AXIS)
    u = (x * np.cos(angle) + y * np.sin(angle)) * count + rng.random()
    v = (y * np.cos(angle) - x * np.sin(angle)) * count * ratio + rng.random()
    field = _stack(_PATTERNS[shape](u, v, duty), _spectral_noise(rng, 1.6), _cells(u, v, rng))
    return _warp(field, rng, bend) if bend else field


def _soft(values: np.ndarray, threshold: float, sharpness: float = 8.0) -> np.ndarray:
    return 1 / (1 + np.exp(-sharpness * (values - threshold)))


def _saw(u: np.ndarray) -> np.ndarray:
    """A triangle wave of period 1, 0 to 1."""
    return np.abs(2 * (u % 1) - 1)


def _cells(u: np.ndarray, v: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One random number for each cell of the lattice."""
    table = rng.random((64, 64))
    return table[np.floor(u).astype(int) % 64, np.floor(v).astype(int) % 64]


_PATTERNS: Mapping[str, Callable[[np.ndarray, np.ndarray, float], np.ndarray]] = MappingProxyType(
    {
        "stripes": lambda u, v, duty: _soft(_saw(u), duty, 20),
        "waves": lambda u, v, duty: 0.5 + 0.25 * np.sin(2 * np.pi * u) + 0.25 * np.sin(2 * np.pi * v * duty),
        "checks": lambda u, v, duty: _soft((_saw(u) - 0.5) * (_saw(v) - 0.5), 0, 60),
        "dots": lambda u, v, duty: _soft(
            duty * 0.7 - np.hypot(u % 1 - 0.5, (v + 0.5 * (np.floor(u) % 2)) % 1 - 0.5), 0, 40
        ),
        "bricks": lambda u, v, duty: _soft(np.minimum(_saw(v), _saw(u / 2 + 0.5 * (np.floor(v + 0.5) % 2))), 0.15, 30),
        "weave": lambda u, v, duty: np.where((np.floor(u) + np.floor(v)) % 2 == 0, _saw(u), _saw(v) * 0.7),
        "rings": lambda u, v, duty: _soft(np.sin(2 * np.pi * np.hypot(u % 3 - 1.5, v % 3 - 1.5) / (0.4 + duty)), 0, 5),
    }
)


def _worley(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    """Distances to random points (Worley 1996), or the cells around them."""
    n_points, measure, power = int(kind.integers(12, 90)), kind.choice(["near", "edge", "cell"]), kind.choice([1, 2, 6])
    regularity, stretch = kind.uniform(0, 1), np.exp(kind.uniform(-0.7, 0.7))
    side = int(np.ceil(np.sqrt(n_points)))
    lattice = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5
    points = (lattice + rng.uniform(-1, 1, lattice.shape) * (1 - regularity)) / side
    points *= (1, stretch)
    x, y = np.meshgrid(_AXIS, _AXIS * stretch)
    tree = KDTree(points % (1, stretch), boxsize=np.array([1.0, stretch]))
    two, nearest = (np.asarray(found) for found in tree.query(np.stack([x, y], -1), k=2, p=power))
    owner = nearest[..., 0]
    first = {"near": two[..., 0], "edge": two[..., 1] - two[..., 0], "cell": rng.random(len(points))[owner]}[measure]
    edge = _soft(two[..., 1] - two[..., 0], 0.02, 150) if measure == "cell" else _spectral_noise(rng, 1.5)
    return _stack(_spread(first), edge, rng.random(len(points))[owner])


def _gradient(kind: np.random.Generator, rng: np.random.Generator) -> Field:
    shape, grain = kind.choice(["linear", "radial", "blobs"]), kind.choice([0, 0.02, 0.08])
    x, y = np.meshgrid(_AXIS, _AXIS)
    angle = rng.uniform(0, 2 * np.pi)
    if shape == "linear":
        base = x * np.cos(angle) + y * np.sin(angle)
    elif shape == "radial":
        base = np.hypot(x - rng.random(), y - rng.random())
    else:
        base = _spectral_noise(rng, 3.2)
    base = _spread(base)
    return np.clip(_stack(base, _spread(x * y), base**2) + rng.normal(0, 1, (SIDE, SIDE, 1)) * grain, 0, 1)


N_CLASSES_OF: Mapping[str, int] = MappingProxyType(
    {
        "noise": 51,
        "dead_leaves": 51,
        "warped_noise": 38,
        "random_network": 19,
        "random_convolutions": 19,
        "periodic": 39,
        "worley": 26,
        "gradient": 13,
    }
)
N_CLASSES = sum(N_CLASSES_OF.values())

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "noise": _noise,
        "dead_leaves": _dead_leaves,
        "warped_noise": _warped_noise,
        "random_network": _random_network,
        "random_convolutions": _random_convolutions,
        "periodic": _periodic,
        "worley": _worley,
        "gradient": _gradient,
    }
)
