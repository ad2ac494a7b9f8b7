"""Files of weights that fit by their shapes, and may be wrong all the same."""

import io
import zipfile
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from featx_core.base.keras_setup import load_keras
from featx_core.networks.keras_file import keras_file
from featx_core.networks.saved.likeness import (
    MAX_VALUES,
    features_of_fixed_picture,
    gives_other_features,
    with_features,
)
from featx_core.networks.weights import notes_of_file
from featx_core.networks.weights_loading import load_into

keras = load_keras()


def network(names=("first", "second"), side=16, channels=3):
    """Convolutions of one shape, each with weights of its own."""
    image = x = keras.Input((side, side, channels))
    for number, name in enumerate(names):
        x = keras.layers.Conv2D(
            channels, 3, name=name, kernel_initializer=keras.initializers.RandomNormal(seed=number)
        )(x)
    return keras.Model(image, x)


def saved(model, tmp_path):
    model.save_weights(tmp_path / "a.weights.h5")
    return (tmp_path / "a.weights.h5").read_bytes()


def notes(ours, content):
    return notes_of_file("a.weights.h5", load_into(ours, content, "a.weights.h5"))


def test_layers_that_agree_need_no_word(tmp_path):
    assert notes(network(), saved(network(), tmp_path)) == ()
    assert notes(network(), saved(network(("conv2d_8", "conv2d_9")), tmp_path)) == ()


def test_another_order_is_said_and_names_decide(tmp_path):
    theirs, ours = network(("second", "first")), network()
    assert notes(ours, saved(theirs, tmp_path)) == (
        "The layers of a.weights.h5 stand in another order than those of this network. Each was matched by its name.",
    )
    np.testing.assert_array_equal(ours.get_layer("first").kernel, theirs.get_layer("first").kernel)


def test_names_that_stand_elsewhere_are_said_where_places_decide(tmp_path):
    """One name is missing, so that names cannot decide; another says that the order is wrong."""
    assert notes(network(("first", "second", "third")), saved(network(("second", "stem", "third")), tmp_path)) == (
        "The layers of a.weights.h5 stand in another order than those of this network. Matched by place: second to first.",
        "Layers of a.weights.h5 have other names than those of this network. Matched by place: stem to second.",
    )


def test_the_first_five_names_are_listed(tmp_path):
    ours, theirs = ([f"{prefix}{number}" for number in range(7)] for prefix in "ab")
    (note,) = notes(network(ours, side=24), saved(network(theirs, side=24), tmp_path))
    assert note.endswith("Matched by place: b0 to a0, b1 to a1, b2 to a2, b3 to a3, b4 to a4 and 2 more.")


def test_weights_that_compute_something_else_than_featx_noted_are_told(tmp_path):
    theirs = network()
    content = with_features(saved(theirs, tmp_path), theirs)
    assert notes(network(), content) == ()
    assert not gives_other_features(content, theirs)
    with h5py.File(io.BytesIO(content), "r") as file:
        assert file.attrs["featx_features"].shape == (MAX_VALUES,)
    swapped = with_features(
        saved(network(("second", "first")), tmp_path), theirs
    )  # named so, with the weights of others
    with h5py.File(buffer := io.BytesIO(swapped), "r+") as file:
        for number in (0, 1):
            group = file["layers/conv2d_1/vars" if number else "layers/conv2d/vars"]
            group.attrs["name"] = ("first", "second")[number]
            group["0"][...] = np.asarray(theirs.layers[2 - number].kernel)
    assert notes(network(), buffer.getvalue()) == (
        "With a.weights.h5, this network gives other features of a fixed picture than when featx saved the file.",
    )


@pytest.mark.parametrize("shape", [(MAX_VALUES + 1,), (), (2, 2), (0,)])
def test_a_note_of_another_form_tells_nothing(tmp_path, shape):
    content = saved(network(), tmp_path)
    with h5py.File(buffer := io.BytesIO(content), "r+") as file:
        file.attrs["featx_features"] = np.ones(shape)
        file.attrs["featx_input"] = np.array([16, 16, 3])
    assert not gives_other_features(buffer.getvalue(), network())
    assert not gives_other_features(b"no file of weights", network())


def test_the_note_counts_for_the_same_input_alone(tmp_path):
    small = network()
    content = with_features(saved(small, tmp_path), small)
    assert notes(network(side=32), content) == ()
    grey = network(channels=1)
    assert features_of_fixed_picture(grey).shape == (MAX_VALUES,)
    assert features_of_fixed_picture(keras.Model(image := keras.Input((None, None, 3)), image)) is None


def test_a_file_that_featx_saves_holds_the_note():
    model = network()
    extractor = SimpleNamespace(
        network=model, image_size=(16, 16), preprocess=lambda pictures: pictures / np.float32(255)
    )
    with zipfile.ZipFile(io.BytesIO(keras_file(extractor))) as archive:
        weights = archive.read("model.weights.h5")
    assert not gives_other_features(weights, model)
    model.layers[1].kernel.assign(2 * model.layers[1].kernel)
    assert gives_other_features(weights, model)
