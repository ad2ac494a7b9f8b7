"""A network as a `.keras` file, read back and compared before it is offered."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.expressions.layer import load_keras_with_layers
from featx_core.networks.initialization import made_up_images
from featx_core.networks.saved.likeness import with_features

if TYPE_CHECKING:
    import keras

    from featx_core.networks.extractor import Extractor

N_PICTURES = 4
_WEIGHTS = "model.weights.h5"
MAX_DIFFERENCE = 1e-5
"""Between what the network and its copy give, as a share of the largest value."""


class ExportError(Exception):
    """A network that cannot be saved so that it comes back the same, and why, in plain words."""


def keras_file(extractor: Extractor) -> bytes:
    """Save the whole network of an extractor, up to its last layer.

    The features of a fixed picture are noted in it.
    The file is loaded again with Keras's safe mode on, and both networks are asked about the same images.

    Args:
        extractor: As returned by `build`. Its preprocessing is not part of the file.

    Raises:
        ExportError: If the copy cannot be loaded or gives other values.
    """
    keras = load_keras_with_layers()
    pictures = made_up_images(np.random.default_rng(0), N_PICTURES, extractor.image_size)
    inputs = extractor.preprocess(pictures)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        extractor.network.save(path)
        _note_features(path, extractor.network)
        try:
            copy = keras.saving.load_model(path, safe_mode=True, compile=False)
        except (ValueError, TypeError, OSError) as error:
            raise ExportError("This network cannot be read back from a .keras file, so it is not offered.") from error
        expected, found = (_values(model(inputs, training=False)) for model in (extractor.network, copy))
        difference = float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-12))
        if not difference <= MAX_DIFFERENCE:
            raise ExportError(
                f"The copy in the .keras file gives other values (up to {difference:.1g} of the largest), so it is not offered."
            )
        return path.read_bytes()


def _values(outputs: Any) -> np.ndarray:
    """Put all outputs of a network into one row."""
    parts = outputs if isinstance(outputs, list | tuple) else [outputs]
    return np.concatenate([np.ravel(part) for part in parts])


def _note_features(path: Path, network: keras.Model) -> None:
    """Write the features of a fixed picture into the weights of a `.keras` file, so that whoever loads it can compare."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[_WEIGHTS] = with_features(members[_WEIGHTS], network)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
