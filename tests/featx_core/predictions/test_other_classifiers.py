"""Classifiers of `keras.applications`: the file with the top names, nothing takes its place."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

import featx_core as fx
from featx_core.base.keras_setup import load_keras
from featx_core.networks.weights_loading import WeightsError
from featx_core.predictions.classifiers import classifier_of, classifiers_here, is_classifier_here
from tests.toys.files.legacy_weights import legacy_file

SPEC = fx.Pretrained("mobilenet_v2", fit="stretch")
FILES = fx.BACKBONES["mobilenet_v2"].files

pytestmark = pytest.mark.slow


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("FEATX_WEIGHTS_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("featx_core.networks.downloads.PAUSE_SECONDS", 0.0)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def images():
    workspace = fx.Workspace.open(":memory:")
    workspace.add(load_sample_images().filenames)
    return workspace.images()


def a_network(top):
    """MobileNetV2 as Keras makes it, with made-up weights."""
    keras = load_keras()
    keras.utils.set_random_seed(3)
    return keras.applications.MobileNetV2(weights=None, include_top=top)


@pytest.mark.thorough
def test_scores_are_those_that_keras_gives_with_the_same_file(keras_home, images):
    theirs = a_network(top=True)
    (keras_home / FILES.with_top.name).write_bytes(legacy_file(theirs))
    assert is_classifier_here(SPEC)
    assert "mobilenet_v2" in classifiers_here()
    extractor = fx.build(classifier_of(SPEC))
    found = fx.predict_classes(images, SPEC, make=lambda spec: extractor)
    pictures = np.stack([extractor.fit_image(image.pixels()) for image in images]).astype(np.float32)
    scores = theirs.predict(load_keras().applications.mobilenet_v2.preprocess_input(pictures), verbose=0)
    for image, row in zip(images, scores, strict=True):
        indices = [each.index for each in found[image.digest]]
        np.testing.assert_allclose(row[indices], np.sort(row)[::-1][:3], rtol=1e-4)
        np.testing.assert_allclose([each.score for each in found[image.digest]], row[indices], rtol=1e-3)


def test_without_the_file_with_the_top_nothing_is_named(keras_home, images):
    (keras_home / FILES.without_top.name).write_bytes(legacy_file(a_network(top=False)))
    assert not is_classifier_here(SPEC)
    with pytest.raises(WeightsError, match=r"The weights of MobileNetV2 \(about 14 MB\) could not be downloaded"):
        fx.predict_classes(images, SPEC)
