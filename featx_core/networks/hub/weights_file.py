"""The HDF5 file of a preset: looked through before Keras reads it."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.files.h5_faults import H5_FAULTS
from featx_core.networks.saved.models import MAX_DEPTH, MAX_GROUPS
from featx_core.networks.weights_loading import WeightsError

if TYPE_CHECKING:
    import h5py


def checked_copy(content: bytes, path: Path, name: str, *, limit: int, is_within: bool) -> None:
    """Write the weights of a network into a file of its own that Keras may read.

    Links that lead elsewhere, data that lies in other files, and more than may be are refused. Only what was looked at is
    copied.

    Args:
        content: The HDF5 file of the preset.
        path: Where to write to.
        name: What to call the preset in an error.
        limit: Values in all at most.
        is_within: Whether the network is the image encoder beside a text encoder.

    Raises:
        WeightsError: If the file is not what it should be.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as source, h5py.File(path, "w") as target:
            root = _image_encoder(source, name) if is_within else source
            n_values = 0
            for place, dataset in _datasets(root, "", iter(range(MAX_GROUPS)), name):
                n_values += math.prod(dataset.shape)
                if n_values > limit:
                    raise WeightsError(f"`{name}` declares more weights than its network has.")
                target.create_dataset(place, data=dataset[()])
            for place in _groups(root, ""):
                target.require_group(place)
    except H5_FAULTS as error:
        raise WeightsError(
            f"The weights in `{name}` could not be read: the file is damaged or in another format."
        ) from error


def _image_encoder(source: h5py.File, name: str) -> h5py.Group:
    import h5py

    layers = source["layers"]
    found = [key for key in layers if key.endswith("vision_encoder")]
    if len(found) != 1 or not isinstance(layers.get(found[0], getlink=True), h5py.HardLink):
        raise WeightsError(f"`{name}` holds no image encoder.")
    return layers[found[0]]


def _datasets(group: h5py.Group, path: str, budget: Iterator[int], name: str) -> Iterator[tuple[str, h5py.Dataset]]:
    import h5py

    for key in group:
        if next(budget, None) is None or path.count("/") > MAX_DEPTH:
            raise WeightsError(f"`{name}` holds too many groups of weights.")
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise WeightsError(f"`{name}` holds links to other places, which are not followed.")
        item = group[key]
        if isinstance(item, h5py.Group):
            yield from _datasets(item, f"{path}{key}/", budget, name)
        elif item.dtype.kind not in "fiu" or item.is_virtual or item.external:
            raise WeightsError(f"`{name}` holds something else than numbers, or data of other files.")
        else:
            yield f"{path}{key}", item


def _groups(group: h5py.Group, path: str) -> Iterator[str]:
    """Name all groups of one that was looked through: Keras also looks for those of layers without weights."""
    import h5py

    for key in group:
        if isinstance(group[key], h5py.Group):
            yield f"{path}{key}"
            yield from _groups(group[key], f"{path}{key}/")
