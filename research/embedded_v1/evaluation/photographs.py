"""The photographs inside scikit-learn and scikit-image, for the test suite only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

LONGEST_SIDE = 640
FROM_SCIKIT_LEARN = ("china.jpg", "flower.jpg")
FROM_SCIKIT_IMAGE = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
INSTALL = 'Install what measuring needs: pip install "scikit-image>=0.26" "matplotlib>=3.10".'


@cache
def photographs() -> Mapping[str, np.ndarray]:
    """Read all twenty, reduced to at most 640 pixels, by name without suffix.

    Returns:
        uint8 RGB `(height, width, 3)` each.

    Raises:
        ImportError: If scikit-image is not installed.
        FileNotFoundError: If one of its pictures is missing.
    """
    from sklearn.datasets import load_sample_image

    pictures = {name: Image.fromarray(load_sample_image(name)) for name in FROM_SCIKIT_LEARN}
    pictures |= {name: Image.open(picture_path(name)).convert("RGB") for name in FROM_SCIKIT_IMAGE}
    for picture in pictures.values():
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return MappingProxyType({name.partition(".")[0]: np.asarray(picture) for name, picture in pictures.items()})


def picture_path(name: str) -> Path:
    """Give where scikit-image keeps one of its files.

    Raises:
        ImportError: If scikit-image is not installed.
        FileNotFoundError: If it came without the file.
    """
    try:
        import skimage
    except ImportError:
        raise ImportError(f"The test suite needs scikit-image, which is not installed. {INSTALL}") from None
    path = Path(skimage.__file__).parent / "data" / name
    if not path.is_file():
        raise FileNotFoundError(f"`{name}` is not inside scikit-image {skimage.__version__}. {INSTALL}")
    return path
