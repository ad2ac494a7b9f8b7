"""Where cells lie, and what windows and enlargements do to them: by hand."""

from featx_core.images.fitting import Cells
from featx_core.networks.places import PIXELS, cells_at, enlarged, slid


def test_a_window_of_three_with_padding_moves_nothing_and_one_without_moves_by_one():
    assert PIXELS.moved(slid((1, 1), (1, 1), (1, 1), (1, 1))) == PIXELS
    assert PIXELS.moved(slid((1, 1), (2, 1), (0, 0), (1, 3))).first == (2.5, 1.5)
    assert PIXELS.moved(slid((1, 1), (2, 1), (0, 0), (1, 3))).step == (1, 3)


def test_an_enlarged_map_lies_over_the_same_image():
    half = PIXELS.moved(slid((0.5, 0.5), (1, 1), (0, 0), (2, 2)))
    assert half.moved(enlarged((2, 2))) == PIXELS
    assert cells_at(half, (4, 8)) == Cells((0.25, 0.125), (0.5, 0.25))
