"""Predicted classes as a study: real names, kept logits, and what is told."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.predictions.classifiers import NoClassifierError
from featx_core.studies.predictions import NAMING, PredictionsStudy
from tests.toys.entered_runs import Told, filled_workspace
from tests.toys.studying import do, done

STUDY = PredictionsStudy(fx.Pretrained("efficientnet_lite0"))


@pytest.fixture(scope="module")
def named():
    workspace = fx.Workspace.open(":memory:")
    for name, pixels in zip(("temple.png", "flower.png"), load_sample_images().images, strict=True):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        workspace.add([(name, out.getvalue())])
    return workspace


@pytest.mark.slow
def test_photographs_are_named_in_stages_that_are_told(named):
    told = Told()
    found = done(named, STUDY, told)
    assert [found.best(digest).name for digest in named.images().digests] == ["palace", "daisy"]
    assert found.network == "EfficientNet-Lite0"
    assert told.stages[-1] == NAMING
    assert named.ledger.runs() == []


def test_runs_of_one_network_share_the_names(named):
    other = PredictionsStudy(fx.Augmented(fx.Pretrained("efficientnet_lite0", layer="stage2")))
    assert other == STUDY
    assert other.key(named) == STUDY.key(named)


@pytest.mark.slow
def test_names_from_kept_features_need_no_network_and_no_reset(named):
    expected = done(named, STUDY)
    spec = fx.Pretrained("efficientnet_lite0")
    fresh = fx.Workspace.open(":memory:")
    fresh.add([(image.name, image.read()) for image in named.images()])
    fx.extract(fresh.images(), fx.build(spec), workspace=fresh)
    told = Told()
    found = done(fresh, STUDY, told)
    assert told.stages == []
    assert not told.needs_reset
    np.testing.assert_array_equal(found.classes, expected.classes)


def test_it_stops_when_it_should():
    workspace = filled_workspace()
    with pytest.raises(Cancelled):
        do(workspace, STUDY, told=Told(cancel_at=NAMING))
    assert STUDY.find(workspace) is None


def test_the_title_names_the_network(named):
    assert STUDY.title(named) == "Names by EfficientNet-Lite0"


def test_a_workspace_without_images_is_told():
    with pytest.raises(ValueError, match="There are no images to name in this workspace"):
        do(fx.Workspace.open(":memory:"), STUDY)


def test_a_network_without_classifier_is_told():
    with pytest.raises(NoClassifierError, match="Embedded v1 has no classifier"):
        PredictionsStudy(fx.Pretrained("embedded_v1"))
