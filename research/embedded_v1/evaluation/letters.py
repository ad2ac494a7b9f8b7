"""Letters A to Z in the text fonts inside matplotlib, of which one typeface at a time is left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from research.embedded_v1.evaluation.held_out.colors import to_uint8, two_colors
from research.embedded_v1.evaluation.photographs import INSTALL
from research.embedded_v1.evaluation.picture_cache import kept
from research.embedded_v1.evaluation.tasks import SIDE, Classification, number_of

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
N_RENDERINGS = 2
MOST_TURN = 10.0  # degrees
TYPEFACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "DejaVu Sans": ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
        "DejaVu Sans Mono": (
            "DejaVuSansMono",
            "DejaVuSansMono-Bold",
            "DejaVuSansMono-Oblique",
            "DejaVuSansMono-BoldOblique",
        ),
        "DejaVu Serif": ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
        "STIX General": ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
        "Computer Modern": ("cmr10", "cmb10", "cmss10", "cmtt10", "cmmi10"),
    }
)
FONTS = tuple(font for fonts in TYPEFACES.values() for font in fonts)


def letters(name: str, seed: int) -> Classification:
    """Draw every letter twice in every font; each typeface in turn is left out of training.

    Args:
        name: Of the task.
        seed: Of the suite.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    images = kept(name, seed, lambda: _draw_all(name, seed))
    fonts = np.repeat(np.arange(len(FONTS)), len(LETTERS) * N_RENDERINGS)
    classes = np.tile(np.repeat(np.arange(len(LETTERS)), N_RENDERINGS), len(FONTS))
    typefaces = np.repeat(np.arange(len(TYPEFACES)), [len(each) for each in TYPEFACES.values()])[fonts]
    folds = tuple((np.flatnonzero(typefaces != i), np.flatnonzero(typefaces == i)) for i in range(len(TYPEFACES)))
    return Classification(name, images, classes, folds, fonts)


def _draw_all(name: str, seed: int) -> list[np.ndarray]:
    folder = _font_folder()
    return [
        draw(np.random.default_rng((seed, number_of(name), number, index, rendering)), folder / f"{font}.ttf", letter)
        for number, font in enumerate(FONTS)
        for index, letter in enumerate(LETTERS)
        for rendering in range(N_RENDERINGS)
    ]


def draw(generator: np.random.Generator, font: Path, letter: str) -> np.ndarray:
    """Draw one letter, 50 to 85 % of the picture in its longer direction, in two plain colours.

    Returns:
        uint8 RGB `(112, 112, 3)`.
    """
    large = Image.new("L", (4 * SIDE, 4 * SIDE))
    ImageDraw.Draw(large).text((SIDE, SIDE), letter, fill=255, font=ImageFont.truetype(str(font), 2 * SIDE))
    turn = generator.uniform(-MOST_TURN, MOST_TURN)
    shape = large.rotate(turn, Image.Resampling.BICUBIC, center=(2 * SIDE, 2 * SIDE))
    shape = shape.crop(shape.getbbox())
    scale = generator.uniform(0.5, 0.85) * SIDE / max(shape.size)
    size = (max(1, round(shape.width * scale)), max(1, round(shape.height * scale)))
    canvas = Image.new("L", (SIDE, SIDE))
    place = (int(generator.integers(0, SIDE - size[0] + 1)), int(generator.integers(0, SIDE - size[1] + 1)))
    canvas.paste(shape.resize(size, Image.Resampling.LANCZOS), place)
    ground, ink = two_colors(generator)
    cover = np.asarray(canvas, np.float32)[..., None] / 255
    return to_uint8(ground * (1 - cover) + ink * cover)


def _font_folder() -> Path:
    try:
        import matplotlib
    except ImportError:
        raise ImportError(f"The test suite needs the fonts of matplotlib, which is not installed. {INSTALL}") from None
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"
