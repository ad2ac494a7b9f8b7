"""The spec of a pretrained backbone: JSON, digest, titles, and what is refused."""

import pytest

from featx_core.methods import registry as methods
from featx_core.methods.registry import METHODS
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError


def test_json_there_and_back():
    spec = Pretrained(
        "resnet50", weights="random", seed=7, layer="stage3", pooling=None, image_size=(96, 64), fit="pad"
    )
    assert spec_from_json(spec.to_json()) == spec
    assert METHODS["pretrained"].spec is Pretrained


def test_fields_that_say_nothing_new_do_not_change_the_digest():
    assert Pretrained(image_size=(224, 224)).digest == Pretrained().digest
    assert Pretrained(seed=5).digest == Pretrained().digest
    assert Pretrained(weights="random", seed=5).digest != Pretrained(weights="random").digest


@pytest.mark.parametrize(
    ("fields", "title", "badge"),
    [
        ({}, "MobileNetV2, last layer, average", "ImageNet weights"),
        (
            {"backbone": "vgg16", "layer": "stage3", "pooling": "max", "weights": "random", "seed": 2},
            "VGG16, stage3, maximum",
            "random weights, untrained (seed 2)",
        ),
        ({"layer": 12, "pooling": None}, "MobileNetV2, layer 12, not pooled", "ImageNet weights"),
        ({"pooling": "flatten"}, "MobileNetV2, last layer, flattened", "ImageNet weights"),
    ],
)
def test_titles_and_badges(fields, title, badge):
    spec = Pretrained(**fields)
    assert (spec.title, spec.badge) == (title, badge)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"backbone": "resnet51"}, "no backbone 'resnet51'. Did you mean 'resnet50'"),
        ({"weights": "none"}, '`weights` must be "imagenet", "random" or "file:<sha256>". Received: \'none\''),
        ({"weights": "file:abc"}, "`weights` must be"),
        ({"weights": "file:../" + "a" * 61}, "`weights` must be"),
        ({"seed": -1}, "`seed` must be 0 to 4294967295. Received: -1"),
        ({"image_size": (31, 224)}, "MobileNetV2 needs images of at least 32 x 32. Received: 31 x 224"),
        ({"image_size": (224, 4096)}, "at most 1024 x 1024. Received: 224 x 4096"),
        ({"pooling": "mean"}, "`pooling` of Pretrained must be 'avg' or 'max' or 'flatten' or None"),
        ({"fit": "squash"}, "`fit` of Pretrained must be 'crop' or 'stretch' or 'pad'"),
        ({"layer": 1.5}, "`layer` of Pretrained must be"),
        ({"classifier": True}, "one score for each class and no map: set `pooling` to None"),
        (
            {"classifier": True, "pooling": None, "image_size": (96, 96)},
            "With its classifier, MobileNetV2 takes images of 224 x 224 only. Received: 96 x 96",
        ),
    ],
)
def test_impossible_fields_are_refused(fields, message):
    with pytest.raises(SpecError, match=message):
        Pretrained(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"layer": 154}, "`layer` must be 0 to 153 for this network. Received: 154"),
        ({"layer": "stage9"}, "There is no layer 'stage9' in this network.*stage1, stage2, stage3, stage4, stage5"),
        (
            {"classifier": True, "layer": "global_average_pooling2d", "pooling": "max"},
            "gives 1280 values.*nothing to pool",
        ),
    ],
)
def test_layers_that_cannot_be_are_refused_before_anything_is_built(fields, message):
    spec = Pretrained(**fields)
    for act in (methods.outline, methods.build):
        with pytest.raises(SpecError, match=message):
            act(spec)
