"""The layers of scripts are those of featx: the same configuration, or the same pictures from the same seed."""

import zlib

import keras
import numpy as np
import pytest

from featx_core.augmentation.transforms import AUGMENTATIONS
from featx_core.recipes.copies import LAYER_CODE, layer_code

OWN = {"blur": "Mirrored", "noise": "Noise", "aug_mix": "AugMixed"}
SEED = 7


def written(name):
    """Make the layers of a transform by the code that a script holds."""
    told = {"keras": keras}
    constructors, classes = layer_code(((name, AUGMENTATIONS[name].default),), SEED)
    exec(classes, told)
    return [eval(each, told) for each in constructors]


def made(name):
    return AUGMENTATIONS[name].layers(AUGMENTATIONS[name].default, (SEED + zlib.crc32(name.encode())) % 2**31)


def settings(layer):
    told = layer.get_config()
    return {key: value for key, value in told.items() if key not in ("name", "dtype", "data_format")}


def test_every_class_of_featx_has_its_code():
    layers = [(name, layer) for name in AUGMENTATIONS for layer in made(name)]
    own = {name: type(layer).__name__ for name, layer in layers if not type(layer).__module__.startswith("keras.")}
    assert own == OWN
    assert set(LAYER_CODE) == set(OWN.values())


@pytest.mark.parametrize("name", sorted(set(AUGMENTATIONS) - set(OWN)))
def test_layers_of_keras_are_made_alike(name):
    assert [settings(each) for each in written(name)] == [settings(each) for each in made(name)]


def drawn(layer, images):
    layer.build(images.shape)
    return np.asarray(layer(images, training=True))


@pytest.mark.parametrize("name", ["blur", "noise"])
def test_own_layers_give_the_same_pictures(name):
    images = np.random.default_rng(0).integers(0, 256, (1, 12, 12, 3)).astype("float32")
    ours, theirs = (drawn(*each, images) for each in (made(name), written(name)))
    assert not np.array_equal(ours, images)
    np.testing.assert_array_equal(theirs, ours)


def test_mixed_chains_are_of_the_same_changes_and_mixed_alike():
    (ours,), (theirs,) = made("aug_mix"), written("aug_mix")
    assert [settings(each) for each in theirs.chains] == [settings(each) for each in ours.chains]
    images = np.random.default_rng(0).random((1, 4, 4, 3)).astype("float32")
    for layer in (ours, theirs):  # Keras takes seconds to draw the changes themselves
        layer.chains = [keras.layers.Rescaling(scale) for scale in (2.0, 5.0, 11.0)]
    np.testing.assert_array_equal(drawn(theirs, images), drawn(ours, images))
