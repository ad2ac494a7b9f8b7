"""Small pictures, packed without loss."""

import struct

import numpy as np
import pytest

from featx_core.base.files.packing import pack, unpack


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (224, 224)])
def test_what_is_packed_comes_out_bit_by_bit(size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    np.testing.assert_array_equal(unpack(pack(pixels), size), pixels)
    np.testing.assert_array_equal(unpack(pack(pixels[::-1, ::-1]), size), pixels[::-1, ::-1])


def test_anything_else_is_nothing():
    packed = pack(np.zeros((3, 5, 3), np.uint8))
    assert unpack(packed, (5, 3)) is None
    assert unpack(b"", (3, 5)) is None
    assert unpack(b"qoif" + struct.pack(">IIB", 5, 3, 4) + packed[13:], (3, 5)) is None
    assert unpack(b"qoif" + struct.pack(">IIB", 2**31, 2**31, 3) + packed[13:], (3, 5)) is None
