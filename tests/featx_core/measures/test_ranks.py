import numpy as np
import pytest
from scipy.stats import rankdata

from featx_core.measures.ranks import average_ranks


@pytest.mark.parametrize("most", [1, 5, 2**16, 2**16 + 1, 10**12], ids=["equal", "ties", "16 bits", "17 bits", "large"])
def test_they_are_scipys(most):
    values = np.random.default_rng(most).integers(0, most, 3_000)
    before = values.copy()
    np.testing.assert_array_equal(average_ranks(values), rankdata(values))
    np.testing.assert_array_equal(values, before)


def test_ranks_by_hand():
    assert average_ranks(np.array([2**40, 7, 2**16 + 7, 7, 0])).tolist() == [5, 2.5, 4, 2.5, 1]
