"""Histograms of oriented gradients: by hand, and against the paper written out pixel by pixel."""

import numpy as np

from featx_core.expressions.expression import Expression
from featx_core.expressions.hog import EPSILON, shares


def hog_of(pictures):
    return Expression("hog(x)").apply(np.asarray(pictures, np.float32))


def slow_hog(picture):
    """The same, written pixel by pixel from the paper."""
    height, width, n_channels = picture.shape
    n_down, n_across = height // 8, width // 8
    cells = np.zeros((n_down, n_across, 9))
    for row in range(n_down * 8):
        for column in range(n_across * 8):
            best, at = -1.0, (0.0, 0.0)
            for c in range(n_channels):
                dx = picture[row, min(column + 1, width - 1), c] - picture[row, max(column - 1, 0), c]
                dy = picture[min(row + 1, height - 1), column, c] - picture[max(row - 1, 0), column, c]
                if dx * dx + dy * dy > best:
                    best, at = dx * dx + dy * dy, (dx, dy)
            place = (np.degrees(np.arctan2(at[1], at[0])) % 180) / 20 - 0.5
            low = int(np.floor(place))
            for number, share in ((low, 1 - (place - low)), (low + 1, place - low)):
                for i in range(n_down):
                    for j in range(n_across):
                        down = 1 - abs(row + 0.5 - (8 * i + 4)) / 8
                        across = 1 - abs(column + 0.5 - (8 * j + 4)) / 8
                        cells[i, j, number % 9] += np.sqrt(best) * share * max(down, 0) * max(across, 0)
    blocks = []
    for i in range(n_down - 1):
        for j in range(n_across - 1):
            block = np.concatenate([cells[i + a, j + b] for a in (0, 1) for b in (0, 1)])
            block = np.minimum(block / np.sqrt(block @ block + EPSILON**2), 0.2)
            blocks.append(block / np.sqrt(block @ block + EPSILON**2))
    return np.concatenate(blocks)


def test_hog_is_that_of_the_paper_written_out():
    pictures = np.random.default_rng(3).random((2, 17, 26, 3)).astype(np.float32)
    expected = np.stack([slow_hog(picture.astype(np.float64)) for picture in pictures])
    np.testing.assert_allclose(hog_of(pictures), expected, rtol=1e-3, atol=1e-4)


def test_hog_of_a_ramp_points_one_way():
    """A ramp to the right has the angle 0, halfway between the middles of the first and the last direction."""
    ramp = np.tile(np.arange(16) / 16, (16, 1))[np.newaxis, ..., np.newaxis]
    cells = hog_of(ramp).reshape(4, 9)
    assert cells[:, 1:8].max() == 0
    np.testing.assert_allclose(cells[:, 0], cells[:, 8], rtol=1e-5)
    np.testing.assert_allclose(cells[:, 0], np.sqrt(1 / 8), rtol=1e-4)


def test_hog_does_not_see_contrast_or_brightness():
    pictures = np.random.default_rng(0).random((3, 18, 21, 3))
    other = 0.3 * pictures + 0.2
    np.testing.assert_allclose(hog_of(other), hog_of(pictures), atol=1e-3)


def test_a_pixel_between_two_cells_is_shared_equally():
    assert shares(24)[:, 8].tolist() == [0.4375, 0.5625, 0]
    assert shares(24)[:, 12].tolist() == [0, 0.9375, 0.0625]
