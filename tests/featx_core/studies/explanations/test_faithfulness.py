"""Faithfulness as a study is what the notebook gives."""

import numpy as np

from featx_core.heatmaps.faithfulness.faithfulness import measure_faithfulness
from featx_core.heatmaps.targets import FeatureTarget
from featx_core.studies.explanations.faithfulness import MEASURING, FaithfulnessStudy
from tests.toys.entered_runs import Told
from tests.toys.heatmap_toys import ToyExtractor, pointwise, sequential
from tests.toys.studying import SMALL, done, given_extractors

NAMES = ("grad_cam", "eigen_cam")


def test_it_is_what_the_notebook_gives_and_is_kept(workspace):
    extractor = ToyExtractor(sequential(pointwise([[1.0], [0.5], [0.0]])))
    images, target, told = workspace.images()[:2], FeatureTarget(0), Told()
    study = FaithfulnessStudy(SMALL, tuple(images.digests), NAMES, None, target.to_json())
    with given_extractors(lambda spec: extractor):
        found = done(workspace, study, told)
    expected = measure_faithfulness(list(images), extractor, NAMES, target=target)
    np.testing.assert_allclose(found.deletion, expected.deletion, atol=1e-6)
    np.testing.assert_allclose(found.insertion, expected.insertion, atol=1e-6)
    assert (found.names, found.explains) == (expected.names, "feature 0")
    assert told.stages == [MEASURING]
    assert study.title(workspace) == "Faithfulness of heatmaps on 2 images"
