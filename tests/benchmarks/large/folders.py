"""Writes folders of many small JPEGs, and of larger photographs cropped from a few.

python -m tests.benchmarks.large.folders small /tmp/small 100000 [96 160]
python -m tests.benchmarks.large.folders crops /tmp/crops 2000 FOLDER_OF_PHOTOGRAPHS
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("circle", "square", "cross", "stripes")
_CROP = (1_600, 1_200)


def write_small(folder: Path, n_images: int, sides: tuple[int, int] = (64, 96), *, seed: int = 0) -> None:
    """Write small JPEGs of four shapes, no two equal, in one folder a class; their sides in pixels lie between two."""
    rng = np.random.default_rng(seed)
    for label in CLASSES:
        (folder / label).mkdir(parents=True, exist_ok=True)
    for number in range(n_images):
        label = CLASSES[number % len(CLASSES)]
        (folder / label / f"{number:06d}.jpg").write_bytes(_jpeg(_shape(label, rng, sides), 80))


def write_crops(folder: Path, n_images: int, photographs: Path, *, seed: int = 0) -> None:
    """Write crops of photographs at 1600 x 1200, brought to it where they are smaller, no two equal."""
    rng = np.random.default_rng(seed)
    paths = sorted(path for path in photographs.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    for number in range(n_images):
        path = paths[number % len(paths)]
        with Image.open(path) as image:
            size = (int(_CROP[0] * 1.25), int(_CROP[1] * 1.25))
            large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        left, top = (int(rng.integers(0, whole - part)) for whole, part in zip(size, _CROP, strict=True))
        target = folder / path.parent.name
        target.mkdir(parents=True, exist_ok=True)
        crop = large.crop((left, top, left + _CROP[0], top + _CROP[1]))
        (target / f"{number:06d}.jpg").write_bytes(_jpeg(crop, 90))


def _shape(label: str, rng: np.random.Generator, sides: tuple[int, int]) -> Image.Image:
    side = int(rng.integers(sides[0], sides[1] + 1))
    ground, ink = (tuple(int(value) for value in rng.integers(low, low + 120, 3)) for low in (0, 130))
    noise = rng.normal(0, 8, (side, side, 1))
    image = Image.fromarray(np.clip(np.array(ground) + noise, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    half = int(rng.integers(side // 6, side // 3))
    x, y = (int(rng.integers(half, side - half)) for _ in range(2))
    box = (x - half, y - half, x + half, y + half)
    if label == "circle":
        draw.ellipse(box, fill=ink)
    elif label == "square":
        draw.rectangle(box, fill=ink)
    elif label == "cross":
        draw.line(box, fill=ink, width=5)
        draw.line((x - half, y + half, x + half, y - half), fill=ink, width=5)
    else:
        for at in range(box[0], box[2], 6):
            draw.line((at, box[1], at, box[3]), fill=ink, width=2)
    return image


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


if __name__ == "__main__":
    kind, target, count, *more = sys.argv[1:]
    if kind == "small":
        write_small(Path(target), int(count), *([(int(more[0]), int(more[1]))] if more else []))
    else:
        write_crops(Path(target), int(count), Path(more[0]))
