"""The patterns of a first convolution as a study."""

import dataclasses

import numpy as np
import pytest

import featx_core as fx
from featx_core.architecture.rows import layer
from featx_core.heatmaps.kernels import first_kernels
from featx_core.studies.comparisons.kernels import KernelsStudy
from tests.toys.studying import SMALL, do, done


@pytest.mark.slow
def test_they_are_what_the_notebook_gives(workspace):
    found, expected = done(workspace, KernelsStudy(SMALL)), first_kernels(fx.build(SMALL))
    assert found.values.shape == expected.values.shape
    np.testing.assert_array_equal(found.values, expected.values)


def test_a_network_without_them_is_told(workspace):
    flat = dataclasses.replace(SMALL, layers=(layer("Flatten"), layer("Dense", units=3)))
    with pytest.raises(ValueError, match="convolution"):
        do(workspace, KernelsStudy(flat))
