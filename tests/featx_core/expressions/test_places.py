"""Which pixels the places of a result stand for, against what a lit square does to it."""

import numpy as np
import pytest

from featx_core.expressions.expression import Expression
from featx_core.expressions.functions import FUNCTIONS
from featx_core.expressions.places import WITHOUT_PLACES, pixels_per_place

SHAPE = (47, 60, 3)
CALLS = {
    "clip": "clip(x, 0, 1)",
    "where": "where(x > 0.5, x, 0)",
    "pool": "pool(x, 5)",
    "pick": "pick(x, 1)",
    "sign": "sign(x - 0.5)",
    "floor": "floor(2 * x)",
}
TEXTS = {name: CALLS.get(name, f"{name}(x)") for name in FUNCTIONS}
MAPS = [
    text
    for name, text in TEXTS.items()
    if len(Expression(text).output_shape(SHAPE)) == 3 and name not in WITHOUT_PLACES
]
CHAINS = [
    "pool(pool(x, 2), 3)",
    "pool(x, 4) / mean(x)",
    "x - blur(x, 3)",
    "pool(x, 4) * channel_mean(x)",
    "x / (1 + mean(fft_magnitude(x)))",
]


def hottest_pixel(text, lit):
    """Where the result changes most, in pixels of the picture, when a square of it is lit."""
    dark = np.random.default_rng(0).uniform(0.1, 0.3, (1, *SHAPE)).astype(np.float32)
    dark[0, 0, 0], dark[0, -1, -1] = 1e-3, 1
    bright = dark.copy()
    bright[0][lit] += 0.6
    expression = Expression(text)
    change = np.abs(expression.apply(bright) - expression.apply(dark))[0].sum(axis=-1)
    change[change < 0.5 * change.max()] = 0
    side = pixels_per_place(expression, SHAPE)
    rows, columns = ((np.arange(n_cells) + 0.5) * side for n_cells in change.shape)
    return rows @ change.sum(axis=1) / change.sum(), columns @ change.sum(axis=0) / change.sum()


@pytest.mark.parametrize("text", MAPS + CHAINS)
def test_what_is_lit_lights_up_where_it_is(text):
    down, across = hottest_pixel(text, np.s_[20:30, 30:40])
    assert down == pytest.approx(25, abs=1.5)
    assert across == pytest.approx(35, abs=1.5)


def test_a_spectrum_has_no_places_and_neither_has_what_is_made_of_it():
    assert pixels_per_place(Expression("fft_magnitude(x)"), SHAPE) is None
    assert pixels_per_place(Expression("log(1 + x * fft_magnitude(x))"), SHAPE) is None
    assert pixels_per_place(Expression("pool(fft_magnitude(x), 2)"), SHAPE) is None
    assert len({round(place) for place in _peaks_of_a_spectrum()}) == 1


def _peaks_of_a_spectrum():
    """Its highest row, with a lit square here or there: the same, so that it says nothing of where the square is."""
    for top in (2, 30):
        picture = np.zeros((1, *SHAPE), np.float32)
        picture[0, top : top + 8, 20:28] = 1
        yield float(np.argmax(Expression("fft_magnitude(x)").apply(picture)[0, ..., 0].max(axis=1)))


def test_values_of_several_sides_lie_at_their_mean():
    assert pixels_per_place(Expression("pool(x, 4) + pool(x, 5)"), (10, 10, 3)) == 4.5
