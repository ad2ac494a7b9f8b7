"""A nested network with several outputs, taken apart, gives what Keras gives."""

import numpy as np
import pytest

from featx_core.architecture.layers import list_layers
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.examination import examine
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.flattening import flatten
from featx_core.networks.own.loading import load_model, outline_model

keras = pytest.importorskip("keras")
SIDE = 24


@pytest.fixture(scope="module")
def nested():
    """Two models deep, a layer called twice, operations without layers, two outputs, and no weight as it is at first."""
    layers = keras.layers
    deep = keras.Sequential([layers.Input((None, None, 4)), layers.Conv2D(5, 3, name="look")], name="deep")
    inside = keras.Input((None, None, 3))
    block = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, strides=2, padding="same", name="stem")(inside))
    backbone = keras.Model(inside, layers.ReLU(name="end")(deep(block)), name="backbone")
    image = keras.Input((None, None, 3), name="picture")
    shared = layers.Conv2D(3, 1, name="shared")
    maps = backbone(shared(shared(layers.Rescaling(1 / 127.5, offset=-1)(image))))
    maps = keras.ops.relu(maps * 2.0 - keras.ops.mean(maps, axis=(1, 2), keepdims=True))[:, 1:]
    row = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(maps))
    classes = layers.Dense(3, activation="softmax", name="kind")(row)
    model = keras.Model(image, {"kind": classes, "size": layers.Dense(1, name="size")(row)})
    rng = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(rng.uniform(0.01, 0.2, variable.shape))
    model.compile("adam", loss={"kind": "categorical_crossentropy", "size": my_loss})
    return model


def my_loss(true, predicted):
    return keras.ops.mean(keras.ops.abs(true - predicted))


@pytest.fixture(scope="module")
def content(nested, tmp_path_factory):
    path = tmp_path_factory.mktemp("nested") / "nested.keras"
    nested.save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def loaded(content):
    return load_model(content)


@pytest.fixture
def images():
    return np.random.default_rng(1).uniform(0, 255, (2, SIDE, SIDE, 3)).astype(np.float32)


@pytest.mark.parametrize(("output", "name"), [(0, "kind"), (1, "size")])
def test_each_output_is_that_of_keras(nested, loaded, images, output, name):
    flat = flatten(loaded, (SIDE, SIDE), output)
    expected = np.asarray(nested(images, training=False)[name])
    np.testing.assert_allclose(np.asarray(flat(images, training=False)), expected, rtol=1e-6, atol=1e-7)
    assert np.ptp(np.asarray(flat(images, training=False)), axis=0).max() > 1e-6
    assert flat.layers[-1].name == name


def test_a_layer_within_a_model_within_a_model_can_be_tapped(nested, loaded, images):
    flat = flatten(loaded, (SIDE, SIDE))
    backbone = nested.get_layer("backbone")
    below = keras.Model(backbone.inputs, backbone.get_layer("deep").output)
    shared = nested.get_layer("shared")
    expected = below(shared(shared(images / 127.5 - 1)), training=False)
    tapped = keras.Model(flat.input, flat.get_layer("backbone.deep.look").output)(images, training=False)
    np.testing.assert_allclose(np.asarray(tapped), np.asarray(expected), rtol=1e-5, atol=1e-5)


def test_layers_are_listed_through_all_models_once_a_call(content):
    names = [info.name for info in list_layers(outline_model(content, (SIDE, SIDE)))]
    assert names == [
        "input",
        "rescaling",
        "shared",
        "shared.1",
        "backbone.stem",
        "backbone.norm",
        "backbone.deep.look",
        "backbone.end",
        "global_average_pooling2d",
        "dropout",
        "kind",
    ]


def test_layers_of_any_name_run_in_a_graph(tmp_path):
    """TensorFlow takes few names there. Before, such a model was taken in, and each extraction failed."""
    layers = keras.layers
    inner = keras.Sequential([layers.Input((None, None, 3)), layers.Conv2D(2, 3, name="層")], name="my 'net'")
    model = keras.Sequential([layers.Input((8, 8, 3)), inner, layers.ReLU(name="_end")], name='a "model"')
    model.save(tmp_path / "named.keras")
    flat = flatten(load_model((tmp_path / "named.keras").read_bytes()), (8, 8))
    assert [layer.name for layer in flat.layers] == ["input", "my_net_._", "layer_end"]
    pixels = np.random.default_rng(2).random((1, 8, 8, 3), np.float32)
    np.testing.assert_allclose(TensorFlowEngine(flat)(pixels), model(pixels), rtol=1e-5)


def test_the_outline_has_the_shapes_of_the_network(content, loaded):
    outlined, built = (
        [info.output_shape for info in list_layers(network)]
        for network in (outline_model(content, (SIDE, 32)), flatten(loaded, (SIDE, 32)))
    )
    assert outlined == built
    assert outlined[0] == (SIDE, 32, 3)


def test_the_model_itself_is_not_changed(loaded, images):
    before = [np.array(variable) for variable in loaded.weights]
    flat = flatten(loaded, (SIDE, SIDE))
    flat.layers[2].set_weights([np.zeros_like(array) for array in flat.layers[2].get_weights()])
    assert all(np.array_equal(one, other) for one, other in zip(before, loaded.weights, strict=True))


def test_an_image_that_is_too_small_is_said(loaded):
    with pytest.raises(ModelFileError, match="cannot take images of 2 x 2"):
        flatten(loaded, (2, 2))


def test_what_is_known_of_it(content, nested):
    facts = ModelFacts.from_json({**examine(content), "weights": "file:" + "0" * 64, "name": "nested"})
    assert ModelFacts.from_bytes(facts.to_bytes()) == facts
    assert facts.input_shape == (0, 0, 3)
    assert [(each.name, each.shape, each.n_classes) for each in facts.outputs] == [("kind", (3,), 3), ("size", (1,), 0)]
    assert facts.n_parameters == nested.count_params()
    assert facts.n_layers == 12
    assert facts.scaling == ("Rescaling",)
    assert facts.suggested == "none"
    assert "scales its input itself (Rescaling), from RGB 0..255" in facts.warning("unit")
