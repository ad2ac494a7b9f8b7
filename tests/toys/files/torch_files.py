"""Files as PyTorch saved them before version 1.6, put together without PyTorch."""

import pickle
import struct
from typing import NamedTuple

import numpy as np

from featx_core.networks.torch_file import MAGIC, PROTOCOL

STORAGES = {"f": b"ctorch\nFloatStorage\n", "i": b"ctorch\nLongStorage\n"}
EMPTY = b"ccollections\nOrderedDict\n)R"


class View(NamedTuple):
    """What a tensor sees of the storage with this key."""

    key: str
    shape: tuple
    strides: tuple
    offset: int = 0


def torch_file(views: dict[str, View], storages: dict[str, np.ndarray], *, more: bytes = b"") -> bytes:
    """Write tensors by name; `more` is what else stands in their dictionary."""
    entries = b"".join(_part(name) + _tensor(view, storages[view.key]) for name, view in views.items())
    state = b"\x80\x02" + EMPTY + b"(" + entries + more + b"u."
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    head = b"".join(pickle.dumps(part, 2) for part in (MAGIC, PROTOCOL, system))
    values = b"".join(struct.pack("<q", array.size) + array.tobytes() for array in storages.values())
    return head + state + pickle.dumps(list(storages), 2) + values


def asking_for(name: str, *arguments: str) -> bytes:
    """An entry whose value is what a function of Python gives, such as "os.mkdir"."""
    module, _, function = name.rpartition(".")
    call = f"c{module}\n{function}\n".encode() + b"(" + b"".join(_part(argument) for argument in arguments) + b"tR"
    return _part("more") + call


def _tensor(view: View, storage: np.ndarray) -> bytes:
    facts = _part(view.key) + _part("cpu") + _part(storage.size) + _part(None)
    saved = b"(" + _part("storage") + STORAGES[storage.dtype.kind] + facts + b"tQ"
    place = _part(view.offset) + _part(view.shape) + _part(view.strides) + _part(False)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + saved + place + EMPTY + b"tR"


def _part(value: object) -> bytes:
    """The inner part of a pickle."""
    return pickle.dumps(value, 2)[2:-1]
