"""The embedded network as a descriptor: trained, in training, or untrained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featx_core.networks.embedded.network import build
from research.embedded_v1.evaluation.tasks import SIDE, Describe

if TYPE_CHECKING:
    import keras

Map = Callable[[np.ndarray], np.ndarray]
"""From uint8 `(height, width, 3)` to float `(map_height, map_width)`: heat, not scaled."""

BATCH_SIZE = 64
TWIN_SEEDS = (0, 1, 2, 3, 4)


def read_network(path: Path, size: tuple[int, int] | None = (SIDE, SIDE)) -> keras.Model:
    """Read the network from a training checkpoint or from the weights that ship.

    Args:
        path: An .npz file with arrays by "<layer>/<variable>".
        size: Height and width of the input, None for any.

    Raises:
        ValueError: If the arrays do not fit the network.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if "/" in name}
    network = build(size, is_folded=not any(name.endswith("/gamma") for name in arrays))
    _assign(network, arrays)
    return network


def _assign(network: keras.Model, arrays: Mapping[str, np.ndarray]) -> None:
    variables = {f"{layer.name}/{variable.name}": variable for layer in network.layers for variable in layer.weights}
    missing = [name for name in variables if name not in arrays]
    if missing:
        raise ValueError(f"The file must hold the weights of the embedded network. Missing: {', '.join(missing[:5])}.")
    for name, variable in variables.items():
        variable.assign(arrays[name].astype(np.float32))


def untrained(seed: int) -> keras.Model:
    """Build the network with random weights, its batch normalization calibrated as in the app."""
    from featx_core.networks.initialization import randomize

    network = build((SIDE, SIDE), is_folded=False)
    randomize(network, lambda images: images.astype(np.float32), seed)  # type: ignore[arg-type]
    return network


def describe_with(network: keras.Model) -> Describe:
    """Make a descriptor of a network: the global mean of its last layer."""
    import keras

    pooled = keras.Model(network.input, keras.layers.GlobalAveragePooling2D()(network.output))

    def describe(images: np.ndarray) -> np.ndarray:
        batches = np.array_split(images, range(BATCH_SIZE, len(images), BATCH_SIZE))
        rows = [pooled.predict_on_batch(batch.astype(np.float32)) for batch in batches]
        return np.concatenate([keras.ops.convert_to_numpy(row) for row in rows])

    return describe


def heat_of(network: keras.Model) -> Map:
    """Make the activation energy of the last layer, as the app draws it."""
    import keras

    from featx_core.heatmaps.activation_energy import activation_energy

    anywhere = build(None, is_folded=not any("_norm" in layer.name for layer in network.layers))
    anywhere.set_weights(network.get_weights())

    def heat(image: np.ndarray) -> np.ndarray:
        activations = anywhere(image[None].astype(np.float32), training=False)
        return activation_energy(np.asarray(keras.ops.convert_to_numpy(activations))[0])

    return heat
