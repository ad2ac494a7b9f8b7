from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from featx_core.architecture.layers import find_layer, list_layers, stable_names
from featx_core.architecture.outline import pooled_shape
from featx_core.base.keras_setup import load_keras
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.extractor import Extractor, pool
from featx_core.specs.spec import Spec


@dataclass(frozen=True)
class ToySpec(Spec):
    method: ClassVar[str] = "toy"
    title = badge = "a toy"
    picture_input = None


@pytest.fixture(scope="module")
def network():
    """A network that doubles each pixel, then halves the resolution: worked out by hand."""
    keras = load_keras()
    inputs = keras.Input((4, 6, 3))
    doubled = keras.layers.Conv2D(3, 1, use_bias=False, name="double")(inputs)
    outputs = keras.layers.AveragePooling2D(2, name="halve")(doubled)
    model = keras.Model(inputs, outputs)
    model.get_layer("double").set_weights([2 * np.eye(3, dtype=np.float32)[None, None]])
    return model


@pytest.fixture(scope="module")
def extractor(network):
    return make(network, "avg")


def make(network, pooling, tap=2, **options):
    output = pool(network.layers[tap].output, pooling)
    return Extractor(ToySpec(), network, output, tap=tap, preprocessing=PREPROCESSING["none"], **options)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), dtype=np.uint8)


def test_features_are_those_worked_out_by_hand(extractor, images):
    features = extractor(images)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, 2 * images.mean(axis=(1, 2)), rtol=1e-6)


def test_what_it_says_about_itself(extractor, network):
    assert extractor.image_size == (4, 6)
    assert extractor.output_shape == (None, 3)
    assert extractor.tap == 2
    assert extractor.network is network
    assert extractor.fit == "crop"
    assert [layer.name for layer in extractor.layers] == ["input_layer", "double", "halve"]
    assert extractor.spec == ToySpec()
    assert extractor.classes is None


@pytest.mark.parametrize(
    ("pooling", "by_hand"),
    [
        ("max", lambda images: 2 * halved(images).max(axis=(1, 2))),
        ("flatten", lambda images: 2 * halved(images).reshape(len(images), -1)),
        (None, lambda images: 2 * halved(images)),
    ],
)
def test_poolings(pooling, by_hand, network, images):
    extractor = make(network, pooling)
    expected = by_hand(images)
    np.testing.assert_allclose(extractor(images), expected, rtol=1e-6)
    assert extractor.output_shape == (None, *expected.shape[1:])


def halved(images):
    return images.astype(np.float64).reshape(len(images), 2, 2, 3, 2, 3).mean(axis=(2, 4))


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 32])
def test_the_batch_size_does_not_change_the_result(batch_size, network, images, extractor):
    np.testing.assert_allclose(make(network, "avg", batch_size=batch_size)(images), extractor(images), rtol=1e-6)


def test_order_and_company_do_not_change_the_result(extractor, images):
    features = extractor(images)
    np.testing.assert_allclose(extractor(images[::-1]), features[::-1], rtol=1e-6)
    np.testing.assert_allclose(extractor(images[2:3]), features[2:3], rtol=1e-6)


def test_the_images_are_left_as_they_are(extractor, images):
    before = images.copy()
    extractor(images)
    np.testing.assert_array_equal(images, before)


def test_no_images_give_no_features(extractor, images):
    assert extractor(images[:0]).shape == (0, 3)


def test_it_is_traced_once_for_all_lengths(network, images):
    extractor = make(network, "avg")
    extractor(images)
    first = extractor.engines._tensorflow.graph()
    traces = []
    extractor.model.call = lambda *_, **__: traces.append(1)
    for n_images in (1, 2, 4):
        extractor(images[:n_images])
    assert extractor.engines._tensorflow.graph() is first
    assert traces == []


@pytest.mark.parametrize("shape", [(4, 6, 3), (2, 6, 4, 3), (2, 4, 6, 1), (0,)])
def test_images_of_another_shape_are_refused(extractor, shape):
    with pytest.raises(ValueError, match=r"must have shape \(n_images, 4, 6, 3\). Received: .*`fit_image`"):
        extractor(np.zeros(shape, np.uint8))


def test_pictures_are_fitted_to_the_network(extractor):
    fitted = extractor.fit_image(np.full((30, 50, 3), 9, np.uint8))
    assert fitted.shape == (4, 6, 3)
    assert (fitted == 9).all()


def test_large_networks_run_with_their_variables(network, images, extractor, monkeypatch):
    monkeypatch.setattr("featx_core.networks.engines.engine.FREEZE_LIMIT", 0)
    np.testing.assert_allclose(make(network, "avg")(images), extractor(images), rtol=1e-6)


def test_a_submodel_gives_layers_and_features(extractor, images):
    doubled, halves, features = extractor.submodel([1, 2])(extractor.preprocess(images))
    np.testing.assert_allclose(doubled, 2.0 * images, rtol=1e-6)
    np.testing.assert_allclose(halves, 2 * halved(images), rtol=1e-6)
    np.testing.assert_allclose(features, extractor(images), rtol=1e-6)
    with pytest.raises(ValueError, match=r"`layer_indices` must be 0 to 2. Received: 3"):
        extractor.submodel([3])


def test_gradients_flow_through_a_submodel(extractor, images):
    import tensorflow as tf

    submodel = extractor.submodel([1])
    with tf.GradientTape() as tape:
        doubled, features = submodel(tf.constant(extractor.preprocess(images)))
        score = tf.reduce_sum(features[:, 1])
    gradient = tape.gradient(score, doubled)
    np.testing.assert_allclose(gradient[..., 1], np.full((5, 4, 6), 1 / 24), rtol=1e-5)
    np.testing.assert_array_equal(gradient[..., 0], np.zeros((5, 4, 6)))


@pytest.mark.parametrize(
    ("shape", "pooling", "expected"),
    [
        ((7, 5, 3), "avg", (3,)),
        ((7, 5, 3), "max", (3,)),
        ((7, 5, 3), "flatten", (105,)),
        ((7, 5, 3), None, (7, 5, 3)),
        ((9,), None, (9,)),
    ],
)
def test_pooled_shapes(shape, pooling, expected):
    assert pooled_shape(shape, pooling) == expected


def test_a_vector_cannot_be_pooled():
    with pytest.raises(ValueError, match=r"gives 9 values for each image and no map.*Set `pooling` to None"):
        pooled_shape((9,), "avg")
    with pytest.raises(ValueError, match=r"`pooling` must be one of avg, max, flatten or None. Received: 'mean'"):
        pooled_shape((7, 5, 3), "mean")


@pytest.fixture(scope="module")
def branching():
    """224 px, two branches at half the resolution that meet, then a quarter."""
    layers = load_keras().layers
    inputs = layers.Input((224, 224, 3))
    padded = layers.ZeroPadding2D(3)(inputs)
    half = layers.Conv2D(4, 7, strides=2, name="half")(padded)
    left = layers.Conv2D(4, 3, padding="same", name="left")(half)
    right = layers.Conv2D(4, 3, padding="same", name="right")(half)
    met = layers.Add(name="met")([left, right])
    beside = layers.Conv2D(4, 1, name="beside")(met)
    strided = layers.Conv2D(4, 3, strides=2, padding="same", name="strided")(met)
    down = layers.MaxPooling2D(2, name="down")(beside)
    last = layers.Add(name="last")([strided, down])
    squeezed = layers.GlobalAveragePooling2D(keepdims=True, name="squeezed")(last)
    excited = layers.Multiply(name="excited")([last, squeezed])
    return load_keras().Model(inputs, excited)


def test_stages_are_the_last_maps_that_no_branch_runs_beside(branching):
    stages = {layer.stage: layer.name for layer in list_layers(branching) if layer.stage}
    assert stages == {"stage1": "met", "stage2": "excited"}


def test_layers_are_described(branching):
    layers = {layer.name: layer for layer in list_layers(branching)}
    half, met, squeezed = layers["half"], layers["met"], layers["squeezed"]
    assert [layer.index for layer in layers.values()] == list(range(len(branching.layers)))
    assert (half.kind, half.output_shape, half.is_spatial) == ("Conv2D", (112, 112, 4), True)
    assert half.n_parameters == half.n_parameters_so_far == 7 * 7 * 3 * 4 + 4
    assert met.n_parameters == 0
    assert met.n_parameters_so_far == half.n_parameters + 2 * (3 * 3 * 4 * 4 + 4)
    assert (squeezed.output_shape, squeezed.is_spatial) == ((1, 1, 4), False)
    assert layers["excited"].n_parameters_so_far == branching.count_params()


def test_layers_are_found_by_index_stage_and_name(branching):
    layers = list_layers(branching)
    names = [layer.name for layer in layers]
    assert find_layer(layers, None) == len(layers) - 1
    assert find_layer(layers, 3) == 3
    assert find_layer(layers, "left") == names.index("left")
    assert find_layer(layers, "stage1") == names.index("met")
    with pytest.raises(ValueError, match=r"`layer` must be 0 to 11 for this network. Received: 12"):
        find_layer(layers, 12)
    with pytest.raises(
        ValueError, match=r"There is no layer 'strid'.*Close names: strided.*stages are: stage1, stage2"
    ):
        find_layer(layers, "strid")


def test_made_up_names_start_anew_in_each_network():
    assert stable_names([("re_lu_9", "ReLU"), ("conv2d", "Conv2D"), ("re_lu_12", "ReLU"), ("relu_1", "ReLU")]) == [
        "re_lu",
        "conv2d",
        "re_lu_1",
        "relu_1",
    ]
