"""NumPy archives that may have been edited, read within limits."""

from __future__ import annotations

import io
import zipfile

import numpy as np

MAX_UNPACKED_BYTES = 512 * 1024**2  # of all arrays of one archive


def unpack_arrays(content: bytes, *, max_bytes: int = MAX_UNPACKED_BYTES) -> dict[str, np.ndarray]:
    """Read all arrays of an archive that `numpy.savez` wrote. Nothing in it is unpickled.

    Args:
        content: The archive.
        max_bytes: What the arrays may take together: a small archive can declare, and hold, any number of zeros.

    Raises:
        ValueError: If it is no such archive, is damaged, or would take more.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            n_bytes = sum(member.file_size for member in archive.infolist())
        if n_bytes > max_bytes:
            raise ValueError(f"The arrays take {n_bytes} bytes; the limit is {max_bytes}.")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: _checked(arrays[name]) for name in arrays.files}
    except Exception as error:  # zipfile, zlib and numpy raise a dozen kinds, and more with each release
        raise ValueError("These bytes are not stored arrays, or they are damaged.") from error


def _checked(array: object) -> np.ndarray:
    if not isinstance(array, np.ndarray):  # a member that is no array comes as bytes
        raise ValueError("A member of the archive is no array.")
    return array
