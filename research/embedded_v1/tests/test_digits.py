"""Whether training taught the embedded backbone anything: digits on textured grounds, against its untrained twin."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.methods import registry as methods
from featx_core.networks.embedded.weights import read_card
from research.embedded_v1.evaluation import wild_digits

N_DIGITS = 300
CHANCE = 0.05  # 1.7 standard errors of the difference of two shares near 0.15 of 300


@pytest.fixture(scope="module")
def digits():
    """300 wild digits of the development half, uint8 `(300, 112, 112, 3)`, and their classes."""
    pictures, classes = wild_digits.digits()
    rows = wild_digits.pools()[0][:N_DIGITS]
    drawn = [wild_digits.render(np.random.default_rng((2026, row)), pictures[row]) for row in rows]
    return np.stack(drawn), [int(label) for label in classes[rows]]


def accuracy(kind, images, labels):
    return fx.linear_probe(methods.build(fx.Pretrained("embedded_v1", weights=kind))(images), labels).interval.value


@pytest.mark.slow
def test_it_beats_its_untrained_twin_on_wild_digits(digits):
    if read_card()["training"].get("is_untrained"):
        pytest.skip("an untrained stand-in lies in place of the weights")
    assert accuracy("embedded", *digits) > accuracy("random", *digits) + CHANCE
