"""The embedded weights: an .npz of float16 arrays, and the card that identifies them."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from featx_core.networks.embedded.network import SIDE
from featx_core.networks.leans import Lean
from featx_core.networks.weights_loading import WeightsError

V1 = Path(__file__).parent / "v1.npz"
"""The first version. It is never overwritten: stored features refer to it by its name."""

LEANS: Mapping[str, Lean] = MappingProxyType({"stage3_down_conv": (0.5, 0.5), "stage4_down_conv": (0.2, 0.25)})
"""How much further down and right these convolutions look than the squares of their weights tell, in cells of their input.

Their padding is symmetric, which puts the cells of an even side half a step up and left of the middle. Trained on mirrored
images of an even side, the network made up for that, by signs of weights that belong together across layers; squares do not
see them. Measured with squares and discs of 8 to 20 pixels, light and dark on grey, at sides of 97 to 160 pixels: cells of the
third stage lie 2.0 and 2.0 pixels (of 8), those of the last 3.5 and 4.0 (of 16) further on.
"""

CARD_NAME = "card.json"

_READ_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_REMEDY = "Install featx again; backbones with other weights still work."


def read_weights(path: Path = V1) -> dict[str, np.ndarray]:
    """Read the weights that ship, and check them against the card beside them.

    Args:
        path: The .npz file. `card.json` lies in the same folder.

    Returns:
        float32 arrays by "<layer>/kernel" and "<layer>/bias", as `named_arrays.assign` takes them.

    Raises:
        WeightsError: If a file is missing or damaged, or the arrays are not those of the card.
    """
    arrays = _read_arrays(path)
    if digest_arrays(arrays) != read_card(path).get("sha256"):
        raise WeightsError(
            f"`{path.name}`, the weights of the embedded backbone, is not the file that its card describes, and was not "
            f"used. {_REMEDY}"
        )
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def read_card(path: Path = V1) -> dict[str, Any]:
    """Read what is written down of the weights: digest, dimensions, seed, versions, probe numbers.

    Raises:
        WeightsError: If the card is missing or damaged.
    """
    try:
        card = json.loads(path.with_name(CARD_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(_missing(CARD_NAME)) from None
    except (OSError, ValueError):
        raise WeightsError(_damaged(CARD_NAME)) from None
    if not isinstance(card, dict):
        raise WeightsError(_damaged(CARD_NAME))
    return card


def digest_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of named arrays: of each name, type, shape and its numbers, in the order of the names.

    Example:
        >>> digest_arrays({"a": np.zeros(2)}) == digest_arrays({"a": np.zeros((2, 1))})
        False
    """
    sha = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def probe_image() -> np.ndarray:
    """Make the fixed image whose features the card holds, by whole numbers alone: the same on every machine.

    Returns:
        uint8 RGB `(112, 112, 3)`: slanted ramps, one slant a colour, with a disc in which they are turned over.
    """
    rows, columns = np.mgrid[:SIDE, :SIDE]
    ramps = np.stack([rows * (3 + k) + columns * (5 - 2 * k) + rows * columns // 16 for k in range(3)], axis=-1) % 256
    is_inside = (rows - 60) ** 2 + (columns - 45) ** 2 < 30**2
    return np.where(is_inside[..., np.newaxis], 255 - ramps, ramps).astype(np.uint8)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise WeightsError(_missing(path.name)) from None
    except _READ_ERRORS:
        raise WeightsError(_damaged(path.name)) from None


def _missing(name: str) -> str:
    return f"`{name}`, a part of the embedded backbone that comes with featx, is missing. {_REMEDY}"


def _damaged(name: str) -> str:
    return f"`{name}`, a part of the embedded backbone that comes with featx, is damaged and was not used. {_REMEDY}"
