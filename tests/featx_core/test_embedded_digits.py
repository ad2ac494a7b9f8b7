"""Whether training taught the embedded backbone anything: digits on textured grounds, against its untrained twin."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.embedded.weights import read_card

N_DIGITS = 300
CHANCE = 0.05  # about what two shares of 300 differ by now and then

wild_digits = pytest.importorskip("featx_core.embedded.evaluation.wild_digits", reason="the evaluation is not here")


@pytest.fixture(scope="module")
def digits():
    """300 wild digits of the development half, uint8 `(300, 112, 112, 3)`, and their classes."""
    pictures, classes = wild_digits.digits()
    rows = wild_digits.pools()[0][:N_DIGITS]
    drawn = [wild_digits.render(np.random.default_rng((2026, row)), pictures[row]) for row in rows]
    return np.stack(drawn), [int(label) for label in classes[rows]]


@pytest.mark.slow
@pytest.mark.skipif(
    read_card()["training"].get("is_untrained", False), reason="a stand-in lies in place of the weights"
)
def test_it_beats_its_untrained_twin_on_wild_digits(digits):
    images, labels = digits
    trained, untrained = (
        fx.linear_probe(fx.Pretrained("embedded_v1", weights=kind).build()(images), labels).interval.value
        for kind in ("embedded", "random")
    )
    assert trained > untrained + CHANCE
