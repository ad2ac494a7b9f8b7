"""Weights of models that hold the network: it is found in them by its layers, and what is not part of it is left out."""

import io
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import featx_core as fx
from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import load_keras, without_weights
from featx_core.networks.origins import build_network
from featx_core.networks.saved.likeness import Likeness
from featx_core.networks.saved.matching import expected_layers, match
from featx_core.networks.saved.models import MAX_GROUPS, Place, SavedLayer, SavedModel, place_of, read_models
from featx_core.networks.weights_loading import LoadedWeights, WeightsError, load_into
from tests.toys.files.legacy_weights import legacy_file

keras = load_keras()
layers = keras.layers


def network(widths=(4, 8), *, prefix="", classes=None, first=None):
    """Convolutions with batch normalization; `first` comes before them, `classes` behind."""
    image = keras.Input((16, 16, 3))
    x = image if first is None else first(image)
    for number, width in enumerate(widths):
        x = layers.Conv2D(width, 3, name=f"{prefix}conv{number}")(x)
        x = layers.BatchNormalization(name=f"{prefix}norm{number}")(x)
    if classes:
        x = layers.Dense(classes, name="predictions")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, x, name="backbone")


def drawn(model, seed=0):
    """Give a model weights of its own."""
    generator = np.random.default_rng(seed)
    model.set_weights([generator.normal(size=value.shape) for value in model.get_weights()])
    return model


def with_head(backbone, classes=5):
    image = keras.Input((16, 16, 3))
    x = backbone(layers.Rescaling(1 / 255)(image))
    return keras.Model(image, layers.Dense(classes, name="head")(layers.GlobalAveragePooling2D()(x)))


class Subclassed(keras.Model):
    def __init__(self, *parts):
        super().__init__()
        self.first, self.second = parts

    def call(self, x):
        return self.second(self.first(x))


def content(model, form):
    if form == "older":
        return legacy_file(model)
    model.save_weights("model.weights.h5")
    with open("model.weights.h5", "rb") as file:
        return file.read()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def nested(backbone):
    return with_head(backbone)


def sequential(backbone):
    return keras.Sequential([backbone, layers.GlobalAveragePooling2D(), layers.Dense(3, name="head")])


def twice_nested(backbone):
    return with_head(keras.Model(backbone.input, backbone(backbone.input)))


def another_head(backbone):
    x = layers.GlobalAveragePooling2D()(backbone.output)
    return keras.Model(backbone.input, layers.Dense(3, name="head")(x))


def a_layer_before(backbone):
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(3, 1, name="head")(image)
    for layer in backbone.layers[1:]:
        x = layer(x)
    return keras.Model(image, x)


def subclassed(backbone):
    model = Subclassed(backbone, layers.Dense(2, name="head"))
    model(np.zeros((1, 16, 16, 3)))
    return model


@pytest.mark.parametrize("form", ["Keras 3", "older"])
@pytest.mark.parametrize("wrap", [nested, sequential, another_head, a_layer_before])
def test_the_network_is_found_in_a_larger_model(wrap, form):
    backbone = drawn(network())
    ours = network()
    left_out = load_into(ours, content(wrap(backbone), form), "mine").left_out
    for found, expected in zip(ours.get_weights(), backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert left_out == ("head",)


@pytest.mark.parametrize("wrap", [twice_nested, subclassed])
def test_it_is_found_wherever_it_lies(wrap):
    backbone = drawn(network())
    ours = network()
    assert load_into(ours, content(wrap(backbone), "Keras 3"), "mine").left_out == ("head",)
    np.testing.assert_array_equal(ours.get_weights()[0], backbone.get_weights()[0])


def test_names_decide_where_layers_were_listed_in_another_order():
    image = keras.Input((16, 16, 3))
    convolutions = [layers.Conv2D(3, 1, name=name) for name in ("first", "second")]
    ours = keras.Model(image, convolutions[1](convolutions[0](image)))
    swapped = [layers.Conv2D(3, 1, name=name) for name in ("second", "first")]
    theirs = drawn(keras.Model(image, swapped[1](swapped[0](image))))
    load_into(ours, content(theirs, "Keras 3"), "mine")
    np.testing.assert_array_equal(ours.get_layer("first").kernel, theirs.get_layer("first").kernel)
    np.testing.assert_array_equal(ours.get_layer("second").kernel, theirs.get_layer("second").kernel)


def test_other_names_load_by_place_and_are_told():
    theirs = drawn(network(prefix="other_"))
    ours = network()
    pairs = tuple((f"other_{name}", name) for name in ("conv0", "norm0", "conv1", "norm1"))
    assert load_into(ours, content(theirs, "Keras 3"), "mine") == LoadedWeights((), Likeness(renamed=pairs), False)
    np.testing.assert_array_equal(ours.get_weights()[0], theirs.get_weights()[0])


@pytest.mark.parametrize("form", ["Keras 3", "older"])
def test_layers_in_between_make_it_another_network(form):
    """As ResNet50 in ResNet101: each layer has its namesake there, and yet the network is another."""

    def chain(*names):
        image = x = keras.Input((16, 16, 4))
        for name in names:
            x = layers.Conv2D(9 if name == "last" else 4, 3, padding="same", name=name)(x)
        return keras.Model(image, x)

    theirs = content(chain("first", "between", "second", "last"), form)
    with pytest.raises(WeightsError, match="does not match this network: 1 of 3 layers"):
        load_into(chain("first", "second", "last"), theirs, "mine")


@pytest.fixture(scope="module")
def all_backbones():
    with without_weights():
        return {
            key: build_network(row, (row.minimum_side,) * 2) for key, row in BACKBONES.items() if row.preset is None
        }


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("is_older_form", [False, True])
def test_no_backbone_is_taken_for_another(is_older_form, all_backbones):
    """Many have the layers of a smaller sibling among their own, by name and by shape."""
    expected = {key: expected_layers(made, is_older_form=is_older_form) for key, made in all_backbones.items()}
    files = {key: SavedModel("", tuple(map(as_saved, needed))) for key, needed in expected.items()}
    taken = {(ours, theirs) for ours in expected for theirs in files if match(expected[ours], files[theirs]).is_whole}
    assert taken == {(key, key) for key, row in BACKBONES.items() if row.preset is None}


def as_saved(needed):
    return SavedLayer(needed.place, needed.layer.name, tuple(SimpleNamespace(shape=shape) for shape in needed.shapes))


def test_two_models_that_fit_are_not_chosen_from():
    image = keras.Input((16, 16, 3))
    pair = [
        keras.Model(made.input, made.output, name=name) for name, made in (("left", network()), ("right", network()))
    ]
    both = keras.Model(image, layers.Add()([pair[0](image), pair[1](image)]))
    with pytest.raises(
        WeightsError, match=r"`mine` holds 2 models that match this network: `left`, `right`.*Save one of them"
    ):
        load_into(network(), content(both, "Keras 3"), "mine")


def test_advice_for_a_missing_classifier_leads_to_weights_that_load():
    theirs = content(with_head(drawn(network())), "Keras 3")
    with pytest.raises(
        WeightsError, match=r"1 of 5 layers.*Everything except the classifier matches: turn the classifier off"
    ):
        load_into(network(classes=7), theirs, "mine")
    load_into(network(), theirs, "mine")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["Keras 3", "older"])
def test_a_file_of_another_backbone_names_it(form):
    row = BACKBONES["mobilenet"]
    theirs = content(keras.Sequential([build_network(row, (32, 32)), layers.Flatten(), layers.Dense(3)]), form)
    with pytest.raises(WeightsError, match="It holds as many weights as MobileNet: choose that backbone"):
        load_into(build_network(BACKBONES["mobilenet_v2"], (32, 32)), theirs, "mine")
    load_into(build_network(row, (32, 32)), theirs, "mine")


def test_a_file_of_no_known_backbone_leaves_another_way():
    with pytest.raises(WeightsError, match=r"Choose the backbone that the file was made with\..*import that table"):
        load_into(network(), content(network(widths=(5, 5)), "Keras 3"), "mine")


@pytest.mark.slow
def test_what_was_left_out_stands_on_the_run_and_refusals_name_the_file(workspace):
    spec = fx.Pretrained("embedded_v1", image_size=(48, 48))
    backbone = drawn(fx.build(spec).network)
    wrapped = keras.Sequential([backbone, layers.Flatten(), layers.Dense(2, name="head")])
    weights = f"file:{workspace.put_artefact('mine.weights.h5', content(wrapped, 'Keras 3'))}"
    features = fx.extract(workspace.images(), fx.build(replace(spec, weights=weights), workspace), workspace=workspace)
    note = "1 layer of mine.weights.h5 is not part of this network and was left out: head."
    assert note in features.details["notes"]
    with pytest.raises(WeightsError, match=r"^`mine\.weights\.h5` does not match.*as Embedded v1: choose that"):
        fx.build(fx.Pretrained("vgg16", image_size=(48, 48), weights=weights), workspace)


def test_layers_of_a_subclassed_model_are_listed():
    model = Subclassed(layers.Conv2D(4, 3), layers.Dense(2))
    model(np.zeros((1, 16, 16, 3)))
    words = r"weights of a subclassed model, .*: `dense` \(4, 2\) and \(2,\); `first` \(3, 3, 3, 4\) and \(4,\)\..*import that"
    with pytest.raises(WeightsError, match=words):
        load_into(network(), content(model, "Keras 3"), "mine")


@pytest.mark.slow
def test_the_state_of_an_optimizer_is_no_layer():
    model = another_head(network())
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 16, 16, 3)), np.zeros((2, 3)), verbose=0)
    assert load_into(network(), content(model, "Keras 3"), "mine").left_out == ("head",)


def test_places_are_read_as_keras_spells_them():
    assert place_of("conv2d_transpose_3") == Place("conv2d_transpose", 3)
    assert place_of("functional_1/layers/dense") == Place("functional_1/layers/dense", 0)
    assert str(Place("dense", 2)) == "dense_2"


def test_links_in_a_circle_end():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        group = file.create_group("layers/a")
        group["b"] = group["c"] = file["layers"]
    with h5py.File(out, "r") as file, pytest.raises(ValueError, match=r"too deep|too many"):
        read_models(file)
    with pytest.raises(WeightsError, match="damaged or in another format"):
        load_into(network(), out.getvalue(), "mine")
    assert MAX_GROUPS <= 100_000
