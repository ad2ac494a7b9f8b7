"""The softmax against SciPy's, and where a plain one fails."""

import numpy as np
import pytest
from scipy.special import softmax as independent

from featx_core.measures.softmax import softmax


def test_it_is_what_scipy_computes():
    logits = np.random.default_rng(0).normal(scale=9, size=(40, 1000)).astype(np.float32)
    np.testing.assert_allclose(softmax(logits), independent(logits.astype(np.float64), axis=1), rtol=1e-12)


@pytest.mark.parametrize("shift", [-1e6, 0.0, 1e6])
def test_a_common_shift_changes_nothing(shift):
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0]) + shift), [0.125, 0.25, 0.625], rtol=1e-9)
