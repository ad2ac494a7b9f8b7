"""What the thumbnails show, as a study."""

import numpy as np
import pytest

from featx_core.images.duplicates import sketch
from featx_core.studies.sketches import LOOKING, SketchesStudy
from tests.toys.entered_runs import Told
from tests.toys.studying import do, done


def test_they_are_those_of_the_images_in_the_order_asked_for(workspace):
    told, images = Told(), workspace.images()
    found = done(workspace, SketchesStudy(tuple(images.digests[::-1])), told)
    expected = sketch(images)
    np.testing.assert_array_equal(found.pictures, expected.pictures[::-1])
    np.testing.assert_array_equal(found.color_histograms, expected.color_histograms[::-1])
    assert told.stages == [LOOKING]


def test_an_image_that_is_gone_is_told(workspace):
    with pytest.raises(ValueError, match="This image is no longer in the workspace"):
        do(workspace, SketchesStudy(("0" * 64,)))
