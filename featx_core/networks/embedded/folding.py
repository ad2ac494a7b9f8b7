"""Folding of batch normalization into the preceding convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def fold(network: keras.Model) -> dict[str, np.ndarray]:
    """Return the weights of `network.build()` that do what a network for training does.

    With `s = gamma / sqrt(moving_variance + epsilon)`, the kernel becomes `kernel * s` and the bias
    `beta - moving_mean * s`.

    Args:
        network: As `network.build(is_folded=False)` makes it. Not modified.

    Returns:
        float64 arrays by "<x>_conv/kernel" and "<x>_conv/bias", as `named_arrays.assign` takes them.
    """
    variables = variables_of(network)
    epsilons = {layer.name: layer.epsilon for layer in network.layers if layer.name.endswith("_norm")}
    return fold_variables(variables, epsilons)


def fold_variables(variables: Mapping[str, np.ndarray], epsilons: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Fold each normalization "<x>_norm" into "<x>_conv", see `fold`.

    Args:
        variables: By "<layer>/<variable>".
        epsilons: By the names of the normalizations.
    """
    folded = {}
    for norm, epsilon in epsilons.items():
        conv = f"{norm.removesuffix('_norm')}_conv"
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, variance = (variables[f"{norm}/{name}"].astype(np.float64) for name in names)
        scale = gamma / np.sqrt(variance + epsilon)
        folded[f"{conv}/kernel"] = variables[f"{conv}/kernel"] * scale
        folded[f"{conv}/bias"] = beta - mean * scale
    return folded


def variables_of(network: keras.Model) -> dict[str, np.ndarray]:
    """Return copies of all variables of a network by "<layer>/<variable>", whatever the backend is."""
    from keras import ops

    return {
        f"{layer.name}/{variable.name}": np.array(ops.convert_to_numpy(variable.value))
        for layer in network.layers
        for variable in layer.weights
    }
