"""The untrained twin of the embedded backbone: the same network with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.base.keras_setup import same_random_state
from featx_core.networks.embedded.folding import fold
from featx_core.networks.embedded.network import build
from featx_core.networks.initialization import randomize
from featx_core.networks.named_arrays import assign

if TYPE_CHECKING:
    import keras

    from featx_core.images.preprocessing import Preprocessing


def randomize_folded(network: keras.Model, preprocessing: Preprocessing, seed: int) -> None:
    """Give the folded network random weights, conditioned as those of every other backbone.

    The network that ships has no batch normalization left to condition: the one for training is drawn and conditioned,
    and folded as the trained one was.

    Args:
        network: As `network.build` makes it. Changed in place.
        preprocessing: What it expects.
        seed: As for `initialization.randomize`.
    """
    with same_random_state():
        twin = build(network.input.shape[1:3], is_folded=False)
    randomize(twin, preprocessing, seed)
    assign(network, fold(twin))
