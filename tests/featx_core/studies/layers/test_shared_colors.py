"""Shared colours, as a study."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.studies.layers.shared_colors import SharedColorsStudy
from tests.toys.studying import SMALL, done


@pytest.mark.slow
def test_it_is_what_the_notebook_gives(workspace):
    images = list(workspace.images()[:3])
    study = SharedColorsStudy(SMALL, tuple(image.digest for image in images), hide="high")
    assert study.title(workspace) == "Shared colours of 3 images"
    found = done(workspace, study)
    expected = fx.shared_colors(images, fx.build(SMALL), hide="high")
    np.testing.assert_allclose(found.colors, expected.colors, atol=1e-4)
    np.testing.assert_array_equal(found.is_shown, expected.is_shown)
    assert found.caption == expected.caption
