"""Random weights for networks of tokens: a fair baseline, as `initialization` makes it for convolutional networks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.memory import hand_back
from featx_core.networks.initialization import calibrate

if TYPE_CHECKING:
    import keras

    from featx_core.images.preprocessing import Preprocessing

SPREAD = 0.02
"""Of tokens, positions and tables of relative positions, as ViT, DeiT and Swin begin with."""

_ONES = frozenset({"gamma", "lambda1", "moving_variance", "scale"})
_ZEROS = frozenset({"beta", "bias", "moving_mean"})
_PROJECTIONS = frozenset({"query", "key", "value"})


def randomize_tokens(network: keras.Model, preprocessing: Preprocessing, seed: int) -> None:
    """Give a network of tokens random weights whose features keep the size of their input from block to block.

    Kernels are drawn with the variance 1 / (number of inputs), layer normalization and layer scales begin with 1, biases with
    0. Batch normalization gets its statistics as in `initialization`. Only numpy draws, from its own generator.

    Args:
        network: A network of `graph.build`. Changed in place.
        preprocessing: What the network expects. Layer normalization needs no images to see.
        seed: Of the weights.

    Reference:
        LeCun et al. 1998, Efficient BackProp, section 4.6. Dosovitskiy et al. 2020, ViT, arXiv:2010.11929.
    """
    generator = np.random.default_rng(seed)
    for variable in network.weights:
        variable.assign(_drawn(generator, variable.path.split("/"), tuple(variable.shape)))
    calibrate(network, preprocessing, generator)
    hand_back()


def _drawn(generator: np.random.Generator, path: list[str], shape: tuple[int, ...]) -> np.ndarray:
    name = path[-1]
    if name == "position_ids":  # which row of the table of positions each token takes
        return np.arange(math.prod(shape)).reshape(shape)
    if name in _ONES | _ZEROS:
        return np.full(shape, float(name in _ONES), np.float32)
    values = generator.standard_normal(shape, dtype=np.float32)
    if name != "kernel":
        return values * np.float32(SPREAD)
    n_inputs = shape[0] if len(shape) == 3 and path[-2] in _PROJECTIONS else math.prod(shape[:-1])
    return values / np.float32(math.sqrt(n_inputs))
