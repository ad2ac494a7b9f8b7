"""Feature maps as a study."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.feature_maps import feature_maps
from featx_core.studies.feature_maps import DRAWING, FeatureMapsStudy
from tests.toys.entered_runs import Told
from tests.toys.studying import SMALL, do, done


@pytest.mark.slow
def test_they_are_what_the_notebook_gives(workspace):
    image, told = workspace.images()[2], Told()
    found = done(workspace, FeatureMapsStudy(SMALL, image.digest, 1), told)
    expected = feature_maps(image, fx.build(SMALL), layer=1)
    np.testing.assert_allclose(found.maps, expected.maps, atol=1e-6)
    np.testing.assert_array_equal(found.channels, expected.channels)
    assert found.n_channels == 5
    assert told.stages[-1] == DRAWING


def test_an_image_that_is_gone_is_told(workspace):
    with pytest.raises(ValueError, match="This image is no longer in the workspace"):
        do(workspace, FeatureMapsStudy(SMALL, "0" * 64))
