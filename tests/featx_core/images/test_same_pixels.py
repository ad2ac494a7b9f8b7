"""Ordinary JPEG and PNG keep the pixels that they had at commit 954f4d7: features that are kept depend on them.

`tests/golden/ordinary_pictures.npz` holds images made for this, as files and as that commit decodes them.
"""

from pathlib import Path

import numpy as np
import pytest

from featx_core.images.decoding import decode

KEPT = np.load(Path(__file__).parents[2] / "golden" / "ordinary_pictures.npz")
NAMES = [name.removeprefix("file/") for name in KEPT.files if name.startswith("file/")]


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_what_they_were(name: str) -> None:
    assert np.array_equal(decode(KEPT[f"file/{name}"].tobytes()), KEPT[f"pixels/{name}"])


def test_a_reduced_jpeg_is_what_it_was() -> None:
    assert np.array_equal(decode(KEPT["file/large.jpg"].tobytes(), at_least=(25, 25)), KEPT["reduced/large.jpg"])


def test_there_are_pictures_to_compare() -> None:
    assert len(NAMES) == 25
    assert KEPT["reduced/large.jpg"].shape == (60, 80, 3)
