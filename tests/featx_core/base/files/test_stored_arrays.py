"""Stored arrays come back as they were; whatever else is in their place is a ValueError, and takes no memory."""

import contextlib
import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.heatmaps.feature_maps import FeatureMaps
from featx_core.heatmaps.kernels import Kernels
from featx_core.heatmaps.overlay import Heatmap
from featx_core.images.duplicates import Sketches
from featx_core.learning.weight_arrays import read_arrays
from featx_core.maps.projection import Projection
from featx_core.predictions.predictions import Predictions

KINDS = (FeatureMaps, Kernels, Heatmap, Sketches, Projection, Predictions)
READERS = [unpack_arrays, read_arrays, *(kind.from_bytes for kind in KINDS)]


def saved(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def archive(name: str, body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, body)
    return out.getvalue()


def header(shape: str, kind: str = "<f4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


WHOLE = saved(a=np.arange(6.0).reshape(2, 3), b=np.array("text"))
WRONG = {
    "nothing": b"",
    "no archive": b"PK\x03\x04 and no more",
    "objects": archive("a.npy", header("(1,)", "|O") + b"cos\nsystem"),
    "more than there is": archive("a.npy", header("(1000000000000,)")),
    "no array": archive("a.txt", b"words"),
    "a cut one": WHOLE[:-30],
    "a lie": archive("a.npy", header("(-1,)")),
}


def test_arrays_come_back_as_they_were() -> None:
    found = unpack_arrays(WHOLE)
    assert found["a"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert str(found["b"]) == "text"


@pytest.mark.parametrize("content", WRONG.values(), ids=list(WRONG))
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_archive_of_arrays_is_a_value_error(read, content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(content)


@pytest.mark.parametrize("read", READERS)
def test_zeros_that_were_packed_small_are_not_unpacked(read) -> None:
    small = archive("coordinates.npy", header("(2000000000,)") + bytes(4 * 1024**2))
    size = (2**31 - 1).to_bytes(4, "little")
    lying = small.replace((len(header("(2000000000,)")) + 4 * 1024**2).to_bytes(4, "little"), size)
    assert lying != small
    tracemalloc.start()
    with pytest.raises(ValueError, match=r".+"):
        read(lying)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 64 * 1024**2


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, len(WHOLE) - 1), value=st.integers(0, 255))
def test_a_changed_byte_anywhere_is_read_or_a_value_error(at: int, value: int) -> None:
    with contextlib.suppress(ValueError):
        unpack_arrays(WHOLE[:at] + bytes([value]) + WHOLE[at + 1 :])
