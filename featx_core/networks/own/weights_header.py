"""Gate 1 for weights: what an HDF5 file declares, before any of it is read."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from featx_core.base.files.h5_faults import H5_FAULTS
from featx_core.networks.own.container import MAX_WEIGHTS_BYTES
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.limits import MAX_PARAMETERS

if TYPE_CHECKING:
    import h5py

MAX_ITEMS = 100_000
MAX_DEPTH = 64


def check_weights(content: bytes) -> int:
    """Walk the header of a file of weights.

    Returns:
        How many numbers it declares, without those of an optimizer.

    Raises:
        ModelFileError: If it is damaged, leads to other files, holds what is no array of numbers, or declares too much.
    """
    import h5py

    n_values, n_bytes = 0, 0
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            for path, array in _arrays(file, "", iter(range(MAX_ITEMS))):
                size = math.prod(array.shape)
                n_bytes += size * array.dtype.itemsize
                n_values += 0 if path.startswith("/optimizer/") else size
                _check_size(n_values, n_bytes)
    except ModelFileError:
        raise
    except H5_FAULTS:
        raise ModelFileError("is damaged: its weights cannot be read. Save the model again.") from None
    return n_values


def _check_size(n_values: int, n_bytes: int) -> None:
    if n_bytes > MAX_WEIGHTS_BYTES:
        raise ModelFileError(f"declares more than {MAX_WEIGHTS_BYTES / 1e9:.1f} GB of weights, which is the limit.")
    if n_values > MAX_PARAMETERS:
        raise ModelFileError(f"declares more than {MAX_PARAMETERS / 1e6:.0f} M parameters, which is the limit.")


def _arrays(group: h5py.Group, path: str, budget: Iterator[int]) -> Iterator[tuple[str, h5py.Dataset]]:
    """Walk all arrays by hard links alone. Links may lead in circles: the walk ends when its budget is used up."""
    import h5py

    if path.count("/") > MAX_DEPTH:
        raise ModelFileError("is damaged: its weights lie too deep.")
    for key in group:
        if next(budget, None) is None:
            raise ModelFileError("is damaged: it holds too many parts.")
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise ModelFileError("leads to other files from its weights.")
        item = group[key]
        if isinstance(item, h5py.Group):
            yield from _arrays(item, f"{path}/{key}", budget)
            continue
        if not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
            raise ModelFileError("leads to other files from its weights.")
        if item.dtype.kind not in "fiub" and not _is_bfloat16(item):
            raise ModelFileError("holds weights that are no numbers.")
        yield f"{path}/{key}", item


def _is_bfloat16(item: h5py.Dataset) -> bool:
    """Tell numbers of a kind that HDF5 does not know, as Keras writes them: two bytes each, and a note."""
    is_plain = item.dtype.kind == "V" and item.dtype.itemsize == 2 and item.dtype.fields is None
    return is_plain and item.attrs.get("dtype") == "bfloat16"
