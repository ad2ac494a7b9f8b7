"""Sheets of thumbnails: each in its place, whatever its proportions, and grey for what is none."""

import io

import numpy as np
import pytest
from PIL import Image

from featx_core.images.sheets import GREY, TILE_SIDE, sheet

RED, BLUE = (200, 30, 30), (20, 40, 210)


def small(color, size=(256, 100), kind="WEBP"):
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    return out.getvalue()


def tiles(content):
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.format == "WEBP"
        pixels = np.asarray(opened.convert("RGB"), np.int16)
    return pixels.reshape(-1, TILE_SIDE, TILE_SIDE, 3)


def test_each_thumbnail_fills_its_own_square():
    found = tiles(sheet([small(RED), small(BLUE, (60, 256))]))
    assert len(found) == 2
    for tile, color in zip(found, (RED, BLUE), strict=True):
        assert np.abs(tile[2:-2, 2:-2] - color).max() <= 12  # WebP loses a little, most at the border of two tiles


@pytest.mark.parametrize("content", [None, b"", b"no image", small(RED, kind="PNG"), small(RED, (2048, 8))])
def test_what_is_no_thumbnail_is_grey_and_the_others_stay_in_their_places(content):
    found = tiles(sheet([small(RED), content, small(BLUE)]))
    for tile, color in zip(found, (RED, GREY, BLUE), strict=True):
        assert np.abs(tile[2:-2, 2:-2] - color).max() <= 12


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one thumbnail"):
        sheet([])
