"""Named arrays from a file in PyTorch's format before version 1.6, read without PyTorch. No code in it is run."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from featx_core.networks.weights_loading import WeightsError

MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of such a file
PROTOCOL = 1001  # the second

_READ_ERRORS = (
    pickle.UnpicklingError,
    struct.error,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    MemoryError,
    OverflowError,
)


@dataclass(frozen=True)
class _Storage:
    """Numbers in a row, which tensors look into."""

    key: str
    dtype: np.dtype
    n_values: int


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage; strides and offset count values."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _ForeignNameError(Exception):
    """The file asks for something that is neither an array nor a dictionary."""


def read_tensors(content: bytes, name: str) -> dict[str, np.ndarray]:
    """Read the tensors of a state dictionary.

    Pickle is read with four names alone: the ordered dictionary, the tensor, and its storages of float32 and int64. Any other
    name ends the reading; nothing of the file is ever imported or called.

    Args:
        content: The whole file.
        name: What to call it in an error.

    Returns:
        Contiguous float32 or int64 arrays by name, in the order of the file.

    Raises:
        WeightsError: If it is another kind of file, is damaged, or holds anything but tensors.
    """
    stream = io.BytesIO(content)
    try:
        magic, protocol, system = (_Unpickler(stream).load() for _ in range(3))
        if (magic, protocol, system["little_endian"]) != (MAGIC, PROTOCOL, True):
            raise ValueError("another format")
        tensors, keys = _Unpickler(stream).load(), _Unpickler(stream).load()
        storages = _read_storages(stream, keys, {tensor.storage for tensor in tensors.values()})
        return {label: _array(tensor, storages[tensor.storage.key]) for label, tensor in tensors.items()}
    except _ForeignNameError as error:
        raise WeightsError(f"`{name}` holds more than arrays (it asks for `{error}`), and was not read.") from None
    except _READ_ERRORS as error:
        raise WeightsError(
            f"`{name}` could not be read as tensors of PyTorch: it is damaged or in another format."
        ) from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *parts: _tensor(*parts)  # a new one each time: a file may set attributes of what it gets
        if (module, name) not in _NAMES:
            raise _ForeignNameError(f"{module}.{name}")
        return _NAMES[module, name]

    def persistent_load(self, saved: tuple[Any, ...]) -> _Storage:
        kind, code, key, _device, n_values, view = saved
        if kind != "storage" or view is not None or code not in ("<f4", "<i8"):
            raise ValueError("not a storage")
        return _Storage(str(key), np.dtype(code), int(n_values))


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    """Stand in for `torch._utils._rebuild_tensor_v2`; gradients and hooks are left out."""
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


_NAMES: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
    }
)


def _read_storages(stream: io.BytesIO, keys: list[str], expected: set[_Storage]) -> dict[str, np.ndarray]:
    """Read the numbers, which follow the pickles in the order of the keys: each its count, and then its values."""
    by_key = {storage.key: storage for storage in expected}
    storages = {}
    for key in keys:
        storage = by_key[key]
        (n_values,) = struct.unpack("<q", stream.read(8))
        if n_values != storage.n_values:
            raise ValueError("another number of values")
        content = stream.read(n_values * storage.dtype.itemsize)
        storages[key] = np.frombuffer(content, storage.dtype, count=n_values)
    return storages


def _array(tensor: _Tensor, values: np.ndarray) -> np.ndarray:
    """Copy what a tensor sees of its storage. Many lie transposed: without the strides, shapes are right and numbers wrong."""
    if len(tensor.shape) != len(tensor.strides) or min((tensor.offset, *tensor.shape, *tensor.strides)) < 0:
        raise ValueError("not a shape")
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if 0 in tensor.shape or last >= len(values):
        raise ValueError("outside of its storage")
    steps = [step * values.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, steps, writeable=False).copy()
