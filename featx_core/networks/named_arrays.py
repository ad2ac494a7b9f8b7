"""Assignment of named arrays to a network: all or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def assign(network: keras.Model, arrays: Mapping[str, np.ndarray]) -> None:
    """Put named arrays into a network. Every name and shape is compared before any weight is changed.

    Args:
        network: A flat functional model.
        arrays: By "<layer>/<variable>".

    Raises:
        ValueError: If an array is missing, left over, or of another shape.
    """
    variables = {f"{layer.name}/{variable.name}": variable for layer in network.layers for variable in layer.weights}
    expected = {name: tuple(variable.shape) for name, variable in variables.items()}
    received = {name: array.shape for name, array in arrays.items()}
    if expected != received:
        differing = sorted(
            name for name in expected.keys() | received.keys() if expected.get(name) != received.get(name)
        )
        name = differing[0]
        raise ValueError(
            f"`arrays` must fit the network: {len(differing)} of {len(expected)} differ. For {name!r}, expected: "
            f"{expected.get(name, 'nothing')}. Received: {received.get(name, 'nothing')}."
        )
    for name, variable in variables.items():
        variable.assign(arrays[name])
