"""Trained weights as a file: arrays only, so that equal training gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays

if TYPE_CHECKING:
    import keras


_MAX_BYTES = 1024**3  # more than SQLite keeps in one place


def write_arrays(arrays: Sequence[np.ndarray]) -> bytes:
    """Write arrays, in order, as an .npz file without names or timestamps."""
    out = io.BytesIO()
    np.savez(out, **{f"{number:04d}": array for number, array in enumerate(arrays)})  # type: ignore[arg-type]
    return out.getvalue()


def read_arrays(content: bytes) -> list[np.ndarray]:
    """Read what `write_arrays` wrote.

    Raises:
        ValueError: If it is something else.
    """
    try:
        arrays = unpack_arrays(content, max_bytes=_MAX_BYTES)
        return [arrays[f"{number:04d}"] for number in range(len(arrays))]
    except (KeyError, ValueError):
        raise ValueError("This is not a file of trained weights, or it is damaged. Train again.") from None


def assign_arrays(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray]) -> None:
    """Assign arrays to the weights of a network, in order.

    Raises:
        ValueError: If their number or a shape differs; no weight is changed then.
    """
    expected = [tuple(variable.shape) for variable in variables]
    received = [array.shape for array in arrays]
    if expected != received:
        raise ValueError(
            f"`arrays` must fit the weights, with shapes {_few(expected)}. Received: {_few(received)}. They belong to "
            "another network."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _few(shapes: Sequence[tuple[int, ...]]) -> str:
    more = ", ..." if len(shapes) > 5 else ""
    return f"[{', '.join(map(str, shapes[:5]))}{more}] ({len(shapes)})"
