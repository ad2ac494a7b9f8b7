"""Built-in sample sets that need no connection."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image

from featx_core.images.sample_photographs import N_PHOTOGRAPHS, PHOTOGRAPHS, photographs
from featx_core.images.sample_shapes import CLASSES, draw

SHAPES_A_CLASS = 30
DIGITS_A_CLASS = 40
DIGIT_SIDE = 64  # pixels
_CROP_SHARES = (0.22, 0.28)  # of the photograph's height: the sides of the square crops


@dataclass(frozen=True)
class SampleSet:
    """A set of images that comes with featx.

    Attributes:
        title: What a page calls it.
        caption: What it holds, in one line.
        attribution: Whom to thank; empty when featx made the images itself.
        n_images: How many `make` gives.
        make: Gives `("label/name", bytes of the file)` pairs, ready for `Workspace.add`. Raises `SampleMissingError` where
            the images come with a package that is not installed.
    """

    title: str
    caption: str
    attribution: str
    n_images: int
    make: Callable[[], Iterator[tuple[str, bytes]]]


def _shapes() -> Iterator[tuple[str, bytes]]:
    for index in range(SHAPES_A_CLASS):
        for number, label in enumerate(CLASSES):
            pixels = draw(label, seed=1000 * number + index)
            yield f"{label}/{label}-{index + 1:02d}.png", _file(pixels, "PNG")


def _digits() -> Iterator[tuple[str, bytes]]:
    from sklearn.datasets import load_digits

    images, targets = load_digits(return_X_y=True)
    for index in range(DIGITS_A_CLASS):
        for digit in range(10):
            strokes = images[targets == digit][index].reshape(8, 8)
            small = Image.fromarray(np.rint(255 - strokes * 255 / 16).astype(np.uint8))
            large = small.resize((DIGIT_SIDE, DIGIT_SIDE), Image.Resampling.BICUBIC)
            yield f"{digit}/digit-{digit}-{index + 1:02d}.png", _file(np.asarray(large), "PNG")


_REGIONS: Mapping[str, Mapping[str, tuple[tuple[float, float], ...]]] = MappingProxyType(
    {
        "china.jpg": {
            "temple": ((0.15, 0.12), (0.3, 0.12), (0.15, 0.36), (0.32, 0.36), (0.14, 0.52), (0.34, 0.54)),
            "trees": ((0.84, 0.7), (0.6, 0.73), (0.69, 0.71), (0.02, 0.74), (0.12, 0.76), (0.87, 0.45)),
            "lake": ((0.55, 0.47), (0.6, 0.45), (0.66, 0.44), (0.69, 0.42), (0.57, 0.42), (0.63, 0.41)),
            "sky": ((0.5, 0.0), (0.55, 0.0), (0.66, 0.02), (0.78, 0.0), (0.6, 0.12), (0.72, 0.13)),
        },
        "flower.jpg": {
            "petals": ((0.29, 0.25), (0.42, 0.22), (0.53, 0.25), (0.3, 0.5), (0.53, 0.5), (0.42, 0.42)),
            "leaves": ((0.0, 0.1), (0.02, 0.4), (0.04, 0.5), (0.76, 0.05), (0.78, 0.35), (0.8, 0.55)),
        },
    }
)
"""Left and top corners of crops, in shares of width and height, by what they show."""


def _regions() -> Iterator[tuple[str, bytes]]:
    from sklearn.datasets import load_sample_image

    for file_name, regions in _REGIONS.items():
        photo = load_sample_image(file_name)
        stem = file_name.removesuffix(".jpg")
        yield f"whole photograph/{stem}.jpg", _file(photo, "JPEG")
        for label, corners in regions.items():
            crops = [_crop(photo, corner, share) for corner in corners for share in _CROP_SHARES]
            for index, pixels in enumerate(crops, start=1):
                yield f"{label}/{stem}-{label}-{index:02d}.jpg", _file(pixels, "JPEG")


def _crop(photo: np.ndarray, corner: tuple[float, float], share: float) -> np.ndarray:
    height, width = photo.shape[:2]
    side = int(share * height)
    left, top = min(int(corner[0] * width), width - side), min(int(corner[1] * height), height - side)
    return photo[top : top + side, left : left + side]


def _file(pixels: np.ndarray, form: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(out, form, quality=92, compress_level=3)
    return out.getvalue()


SAMPLES: Mapping[str, SampleSet] = MappingProxyType(
    {
        "photographs": SampleSet(
            "Photographs",
            f"{N_PHOTOGRAPHS} images: {len(PHOTOGRAPHS)} real photographs, each whole and as 4 closer views.",
            "\n".join(photograph.credit for photograph in PHOTOGRAPHS),
            N_PHOTOGRAPHS,
            photographs,
        ),
        "shapes": SampleSet(
            "Shapes and textures",
            "240 generated images, 8 classes. Classes differ in shape, not in colour.",
            "",
            240,
            _shapes,
        ),
        "regions": SampleSet(
            "Two photographs",
            "A temple and a flower, whole and as 72 crops of their regions, 6 classes.",
            "Photographs from scikit-learn, CC BY 2.0: china.jpg, some rights reserved by danielbuechele; flower.jpg, some "
            "rights reserved by danielbuechele as scikit-learn states it, by vultilion as its source on Flickr does.",
            74,
            _regions,
        ),
        "digits": SampleSet(
            "Handwritten digits",
            "400 digits, 10 classes, 64 x 64 pixels.",
            "Digits: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI repository, from scikit-learn.",
            400,
            _digits,
        ),
    }
)
