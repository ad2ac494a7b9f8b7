"""Neighbours found block by block are those of all rows."""

import numpy as np
import pytest

from featx_core.measures.neighbor_blocks import nearest_by_blocks
from featx_core.measures.neighbors import ROWS_AT_ONCE, nearest


def test_nearest_by_blocks_are_the_nearest_of_all():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3 * ROWS_AT_ONCE, 3)).astype(np.float32)
    assert nearest_by_blocks(vectors, 5_000) == [
        (near.row, pytest.approx(near.similarity, abs=1e-6)) for near in nearest(vectors, 5_000)
    ]
