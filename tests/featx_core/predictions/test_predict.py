"""Names of images by real networks, against an independent computation of the scores."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax as independent_softmax
from sklearn.datasets import load_sample_images

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.methods.registry import build
from featx_core.networks import origins
from featx_core.predictions import predict
from featx_core.predictions.classifiers import NoClassifierError, classifier_of

LITE = fx.Pretrained("efficientnet_lite0")
CLASSIFIER = classifier_of(LITE)


@pytest.fixture(scope="module")
def extractor():
    return build(CLASSIFIER)


@pytest.fixture
def photographs(make_png_of):
    """A temple and a flower, the temple twice under two names."""
    made = fx.Workspace.open(":memory:")
    temple, flower = map(make_png_of, load_sample_images().images)
    made.add([("a/temple.jpg", temple), ("b/flower.jpg", flower), ("b/temple.jpg", temple)])
    return made


@pytest.fixture
def make_png_of():
    def make(pixels):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        return out.getvalue()

    return make


def logits_of(images, extractor):
    pictures = np.stack([extractor.fit_image(record.pixels(at_least=extractor.image_size)) for record in images])
    return np.asarray(extractor.model(extractor.preprocess(pictures), training=False))


@pytest.mark.slow
def test_names_and_scores_are_those_of_a_plain_run_of_the_network(photographs, extractor):
    images = photographs.images()
    found = fx.predict_classes(images, LITE, make=lambda spec: extractor)
    scores = independent_softmax(logits_of(images, extractor).astype(np.float64), axis=1)
    for record, row in zip(images, scores, strict=True):
        best = found[record.digest]
        assert [each.index for each in best] == np.argsort(row)[::-1][:3].tolist()
        np.testing.assert_allclose([each.score for each in best], np.sort(row)[::-1][:3], atol=1e-4)
    assert len(found) == 2
    assert found.best(images[0].digest).name == "palace"
    assert found.best(images[1].digest).name == "daisy"


PLAINLY = {
    "chelsea.png": ("Egyptian cat", "tiger cat", "tabby"),
    "coffee.png": ("espresso", "cup", "coffee mug"),
    "camera.png": ("tripod",),
    "motorcycle_left.png": ("moped", "motor scooter"),
    "rocket.jpg": ("missile", "projectile"),
}
"""What some photographs that come with scikit-image show, in names that ImageNet has for it."""


@pytest.mark.slow
def test_photographs_of_plain_things_are_named_after_them(extractor):
    folder = Path(pytest.importorskip("skimage").__file__).parent / "data"
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(name, (folder / name).read_bytes()) for name in PLAINLY])
    images = workspace.images()
    found = fx.predict_classes(images, LITE, make=lambda spec: extractor)
    names = dict(zip(images.names, (found.best(digest).name for digest in images.digests), strict=True))
    assert {name for name in PLAINLY if names[name] not in PLAINLY[name]} == set(), names


@pytest.mark.slow
def test_kept_features_give_the_same_names_without_the_network(photographs, extractor):
    images = photographs.images()
    by_network = fx.predict_classes(images, LITE, make=lambda spec: extractor)
    fx.extract(images, build(LITE), workspace=photographs)
    by_features = fx.predict_classes(images, LITE, workspace=photographs, make=must_not_run)
    np.testing.assert_array_equal(by_features.classes, by_network.classes)
    np.testing.assert_allclose(by_features.scores, by_network.scores, atol=1e-4)


def test_images_that_came_later_are_all_that_is_computed(photographs, extractor, make_png):
    fx.predict_classes(photographs.images(), LITE, workspace=photographs, make=lambda spec: extractor)
    photographs.add([("new.png", make_png(7))])
    told = []
    fx.predict_classes(
        photographs.images(),
        LITE,
        workspace=photographs,
        make=lambda spec: extractor,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (1, 1)
    again = fx.predict_classes(photographs.images(), LITE, workspace=photographs, make=must_not_run)
    assert len(again) == 3
    assert photographs.ledger.runs() == []


@pytest.mark.slow
def test_what_is_done_before_it_is_cancelled_stays(photographs, extractor, make_png):
    photographs.add([(f"{number}.png", make_png(number)) for number in range(5)])
    spec = dataclasses.replace(CLASSIFIER, fit="pad")
    one_at_a_time = build(spec)
    one_at_a_time.batch_size = 1

    def stop(done, total):
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fx.predict_classes(
            photographs.images(), spec, workspace=photographs, make=lambda spec: one_at_a_time, on_progress=stop
        )
    assert len(photographs.vectors.stored(spec.digest)) >= 3


@pytest.mark.slow
def test_features_fitted_otherwise_do_not_stand_in(photographs, extractor):
    """The names of padded images do not come from the features of cropped ones."""
    fx.extract(photographs.images(), build(LITE), workspace=photographs)
    with pytest.raises(AssertionError, match="the network runs"):
        fx.predict_classes(
            photographs.images(),
            fx.Pretrained("efficientnet_lite0", fit="pad"),
            workspace=photographs,
            make=must_not_run,
        )


def test_the_classifier_of_another_file_is_not_put_behind_features(photographs):
    """Keras keeps a network and its classifier in two files: only the whole network gives names."""
    assert origins.read_head(fx.BACKBONES["resnet50"]) is None
    spec = fx.Pretrained("resnet50")
    rows = {record.digest: np.zeros(2048, np.float32) for record in photographs.images()}
    photographs.vectors.save(spec.digest, rows)
    with pytest.raises(AssertionError, match="the network runs"):
        fx.predict_classes(photographs.images(), spec, workspace=photographs, make=must_not_run)


def test_an_image_that_is_damaged_meanwhile_is_left_out_by_name(photographs, extractor, monkeypatch):
    images = photographs.images()
    content = photographs.content
    monkeypatch.setattr(photographs, "content", lambda digest: b"" if digest == images[1].digest else content(digest))
    found = fx.predict_classes(images, LITE, make=lambda spec: extractor)
    assert [name for name, _ in found.skipped] == ["flower.jpg"]
    assert images[1].digest not in found
    assert len(found) == 1


def test_rows_are_computed_in_parts_alike(photographs, extractor, monkeypatch):
    whole = fx.predict_classes(photographs.images(), LITE, workspace=photographs, make=lambda spec: extractor)
    monkeypatch.setattr(predict, "ROWS_AT_A_TIME", 1)
    parts = fx.predict_classes(photographs.images(), LITE, workspace=photographs, make=must_not_run)
    assert parts.to_bytes() == whole.to_bytes()


def test_a_network_without_classifier_is_told(photographs):
    with pytest.raises(NoClassifierError, match="Embedded v1 has no classifier"):
        fx.predict_classes(photographs.images(), fx.Pretrained("embedded_v1"))


def must_not_run(spec):
    raise AssertionError("the network runs")
