"""Without KerasHub its networks are known by name, and what to install is said."""

import pytest

import featx_core as fx
from featx_core.networks.hub import keras_hub
from featx_core.specs.spec import SpecError


def test_what_is_missing_is_said_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(keras_hub, "has_keras_hub", lambda: False)
    spec = fx.Pretrained("dinov2_small", weights="random", image_size=(28, 28))
    for ask in (fx.outline, fx.build):
        with pytest.raises(
            SpecError, match=r'DINOv2-S/14 needs an optional package.*pip install "keras-hub==0\.32\.\*"'
        ):
            ask(spec)


def test_other_backbones_do_not_come_from_there():
    with pytest.raises(ValueError, match="VGG16 does not come from KerasHub"):
        keras_hub.make(fx.BACKBONES["vgg16"], 32)
