"""What makes two images similar, as a study."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.similarity import explain_similarity
from featx_core.studies.similarity import SimilarityStudy
from tests.toys.studying import SMALL, do, done


@pytest.mark.slow
def test_it_is_what_the_notebook_gives_both_ways(workspace):
    one, other = workspace.images()[:2]
    extractor = fx.build(SMALL)
    for image, against in ((one, other), (other, one)):
        found = done(workspace, SimilarityStudy(SMALL, image.digest, against.digest))
        expected = explain_similarity(image, against, extractor)
        np.testing.assert_allclose(found.grid, expected.grid, atol=1e-6)
        assert found.title == expected.title == f"Parts of the similarity to {against.name}, {expected.title[-11:]}"


def test_an_image_that_is_gone_is_said(workspace):
    with pytest.raises(ValueError, match="no longer in the workspace"):
        do(workspace, SimilarityStudy(SMALL, "0" * 64, workspace.images()[0].digest))
