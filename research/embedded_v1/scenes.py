"""Scenes put together from the banks of textures and shapes, each with its labels."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageFilter

from research.embedded_v1 import masks, textures

SIDE = masks.SIDE  # pixels
N_CHANNELS = 5
NO_LABEL = -1

MOST_OBJECTS = 5
SHARES: Mapping[str, float] = MappingProxyType({"objects": 0.45, "glyph": 0.3, "texture": 0.15, "mixed": 0.1})
SHARE_WITH_OTHER_GROUND = 0.35  # of the scenes with an object or a glyph
_HAS_GROUND = ("objects", "glyph")
_STROKES = [label for label in range(masks.N_CLASSES) if masks.family_of(label) == "strokes"]
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class Banks:
    """What scenes are made of, read from disk as it is needed.

    Attributes:
        textures: uint8 `(n_textures, 128, 128, 3)`, see `textures.draw`.
        texture_labels: int `(n_textures,)`.
        masks: uint8 `(n_masks, 96, 96, 2)`, see `masks.draw`.
        mask_labels: int `(n_masks,)`.
    """

    textures: np.ndarray
    texture_labels: np.ndarray
    masks: np.ndarray
    mask_labels: np.ndarray


@dataclass(frozen=True)
class Shard:
    """Scenes with their labels.

    Attributes:
        pixels: uint8 `(n_scenes, 96, 96, 5)`: RGB, the cover of the main object, the cover of all objects.
        shapes: int32 `(n_scenes,)`: class of the main object, or `NO_LABEL`.
        textures: int32 `(n_scenes,)`: class of the texture that fills most, or `NO_LABEL`.
        partners: int32 `(n_scenes,)`: the row of the same scene before another ground, or the row itself.
    """

    pixels: np.ndarray
    shapes: np.ndarray
    textures: np.ndarray
    partners: np.ndarray


def compose_shard(banks: Banks, n_scenes: int, *, seed: tuple[int, ...]) -> Shard:
    """Put scenes together. Every draw follows from the seed."""
    rng = np.random.default_rng(seed)
    pixels = np.empty((n_scenes, SIDE, SIDE, N_CHANNELS), np.uint8)
    labels = np.full((n_scenes, 2), NO_LABEL, np.int32)
    partners = np.arange(n_scenes, dtype=np.int32)
    row = 0
    while row < n_scenes:
        kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        has_twin = kind in _HAS_GROUND and rng.random() < SHARE_WITH_OTHER_GROUND and row + 1 < n_scenes
        scene_seed = int(rng.integers(2**62))
        for twin in range(1 + has_twin):
            drawn = _scene(banks, kind, np.random.default_rng(scene_seed), twin)
            pixels[row + twin], labels[row + twin] = drawn
        if has_twin:
            partners[row : row + 2] = row + 1, row
        row += 1 + has_twin
    return Shard(pixels, labels[:, 0], labels[:, 1], partners)


def _scene(banks: Banks, kind: str, rng: np.random.Generator, twin: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Draw one scene; `twin` alone changes the ground of one with an object or a glyph."""
    ground_rng = np.random.default_rng([int(rng.integers(2**62)), twin])
    ground, texture = _textured(banks, ground_rng)
    shape, nothing = NO_LABEL, np.zeros((SIDE, SIDE), np.float32)
    canvas, main, every = ground, nothing, nothing
    if kind == "objects":
        canvas, main, every, shape = _with_objects(banks, ground, rng)
    if kind == "glyph":
        if ground_rng.random() < 0.4:
            ground, texture = np.broadcast_to(_colour(ground_rng), ground.shape), NO_LABEL
        canvas, main, shape = _with_glyph(banks, ground, rng, ground_rng.uniform(0.15, 0.8))
        every = main
    if kind == "mixed":
        main, _, shape = _placed_mask(banks, rng, rng.uniform(0.8, 1.5), rng.uniform(-0.3, 0.3, 2))
        canvas = ground + (_textured(banks, rng)[0] - ground) * main[..., None]
        every = main
    canvas = _photographed(canvas, rng)
    return np.concatenate([canvas, _bytes(main)[..., None], _bytes(every)[..., None]], axis=-1), (shape, texture)


def _with_glyph(
    banks: Banks, ground: np.ndarray, rng: np.random.Generator, contrast: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Lay one shape of one colour, half of the time strokes, over a ground of less contrast: canvas, cover, class."""
    rows = np.flatnonzero(np.isin(banks.mask_labels, _STROKES)) if rng.random() < 0.5 else None
    cover, _, shape = _placed_mask(banks, rng, rng.uniform(0.5, 1.05), rng.uniform(-0.3, 0.3, 2), rows)
    if rng.random() < 0.4:
        blurred = Image.fromarray(_bytes(cover)).filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
        cover = np.asarray(blurred, np.float32) / 255
    mean = ground.mean((0, 1))
    colour = _colour(rng)
    if abs(float((colour - mean) @ _LUMINANCE)) < 0.2:
        colour = np.clip(colour + np.sign(0.5 - mean @ _LUMINANCE) * rng.uniform(0.25, 0.5), 0, 1)
    ground = mean + (ground - mean) * contrast
    return ground + (colour - ground) * cover[..., None], cover, shape


def _with_objects(
    banks: Banks, canvas: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Lay objects over a ground, the main one (the largest) at any depth."""
    n_objects = int(rng.integers(1, MOST_OBJECTS + 1))
    sizes = np.sort(rng.uniform(0.2, 0.6, n_objects))[::-1]
    sizes[0] = rng.uniform(0.55, 1.0)
    main, every = np.zeros((2, SIDE, SIDE), np.float32)
    shape = NO_LABEL
    for index in rng.permutation(n_objects) if rng.random() < 0.4 else range(n_objects)[::-1]:
        centre = rng.uniform(-0.3, 0.3, 2) if index == 0 else rng.uniform(-0.85, 0.85, 2)
        cover, shade, label = _placed_mask(banks, rng, sizes[index], centre)
        filling = _textured(banks, rng)[0] if rng.random() < 0.7 else np.broadcast_to(_colour(rng), canvas.shape)
        if rng.random() < 0.4:
            canvas = canvas * (1 - _shadow(cover, rng)[..., None])
        canvas = canvas + (filling * (0.25 + 1.5 * shade[..., None]) - canvas) * cover[..., None]
        main, every = main * (1 - cover), np.maximum(every, cover)
        if index == 0:
            main, shape = main + cover, label
    return canvas, main, every, shape


def _textured(banks: Banks, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Cut a piece from a texture and colour it, float32 `(96, 96, 3)` about 0 to 1."""
    row = int(rng.integers(len(banks.textures)))
    size, angle = rng.uniform(44, 92), rng.uniform(-0.35, 0.35)
    reach = textures.SIDE / 2 - size / 2 * (np.cos(angle) + abs(np.sin(angle)))
    centre = textures.SIDE / 2 + rng.uniform(-1, 1, 2) * max(reach, 0)
    image = Image.fromarray(banks.textures[row])
    field = _through(image, _window(size, angle, centre))
    mixing = rng.normal(0, 0.10, (3, 3)) + rng.normal(0, [[0.45], [0.12], [0.12]]) * np.ones((1, 3))
    if rng.random() < 0.15:
        mixing = rng.normal(0, 0.35, (3, 3))
    return _colour(rng) + (field - 0.5) @ mixing.astype(np.float32), int(banks.texture_labels[row])


def _placed_mask(
    banks: Banks, rng: np.random.Generator, size: float, centre: np.ndarray, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Scale, turn and move a shape: its cover and shading, float32 `(96, 96)` each, and its class."""
    row = int(rng.choice(rows)) if rows is not None and len(rows) else int(rng.integers(len(banks.masks)))
    angle, squeeze = rng.normal(0, 0.35), np.exp(rng.normal(0, 0.15))
    cos, sin = np.cos(angle) / size, np.sin(angle) / size
    matrix = np.array([[cos * squeeze, sin * squeeze], [-sin / squeeze, cos / squeeze]])
    middle = SIDE / 2 * (1 + centre)
    shift = SIDE / 2 - matrix @ middle
    window = (*matrix[0], shift[0], *matrix[1], shift[1])
    cover, shade = (_through(Image.fromarray(banks.masks[row, :, :, i]), window) for i in range(2))
    return cover, shade, int(banks.mask_labels[row])


def _through(image: Image.Image, window: tuple[float, ...]) -> np.ndarray:
    """Read a picture through an affine window, float32 from 0 to 1."""
    seen = image.transform((SIDE, SIDE), Image.Transform.AFFINE, window, Image.Resampling.BILINEAR)
    return np.asarray(seen, np.float32) / 255


def _window(size: float, angle: float, centre: np.ndarray) -> tuple[float, ...]:
    """The affine map of Pillow from a scene to a window of a texture."""
    cos, sin = np.cos(angle) * size / SIDE, np.sin(angle) * size / SIDE
    half = SIDE / 2
    return cos, sin, centre[0] - half * (cos + sin), -sin, cos, centre[1] - half * (cos - sin)


def _shadow(cover: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moved = np.roll(cover, rng.integers(-7, 8, 2), axis=(0, 1))
    blurred = Image.fromarray(_bytes(moved)).filter(ImageFilter.BoxBlur(int(rng.integers(1, 5))))
    return np.asarray(blurred, np.float32) / 255 * rng.uniform(0.2, 0.6)


def _colour(rng: np.random.Generator) -> np.ndarray:
    """A colour as photographs have them: mostly grey, now and then vivid. Shared by everything."""
    grey, tint = rng.uniform(0.08, 0.92), rng.normal(0, 1, 3)
    return np.clip(grey + (tint - tint.mean()) * rng.exponential(0.12), 0, 1).astype(np.float32)


def _photographed(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light, gamma, noise, blur, grey and JPEG, as uint8 `(96, 96, 3)`."""
    if rng.random() < 0.4:
        ramp = np.linspace(-1, 1, SIDE, dtype=np.float32) * rng.uniform(-0.3, 0.3)
        canvas = canvas * (1 + ramp[:, None, None] if rng.random() < 0.5 else 1 + ramp[None, :, None])
    if rng.random() < 0.3:
        canvas = np.clip(canvas, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.35)))
    if rng.random() < 0.3:
        canvas = canvas + rng.standard_normal(canvas.shape, dtype=np.float32) * np.float32(rng.exponential(0.03))
    if rng.random() < 0.1:
        canvas = np.repeat((canvas @ _LUMINANCE)[..., None], 3, axis=-1)
    pixels = _bytes(canvas)
    if rng.random() < 0.2:
        image = Image.fromarray(pixels)
        image = (
            image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.6))) if rng.random() < 0.5 else _jpeg(image, rng)
        )
        pixels = np.asarray(image)
    return pixels


def _jpeg(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(25, 90)))
    return Image.open(file).convert("RGB")


def _bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
