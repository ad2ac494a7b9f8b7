"""A model in ONNX as an extractor: features, heatmaps, comparison, formulas, and what it cannot do."""

import dataclasses

import numpy as np
import pytest

import featx_core as fx
from featx_core.comparison.stages import tap_stages
from featx_core.heatmaps.feature_maps import feature_maps
from featx_core.heatmaps.kernels import first_kernels
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.methods import heatmaps_of
from featx_core.heatmaps.shared.coloring import shared_colors
from featx_core.heatmaps.similarity import explain_similarity
from featx_core.heatmaps.targets import ClassTarget
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.own.bringing import add_model
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.extractor import NoKerasError
from featx_core.specs.spec import SpecError
from tests.conftest import png
from tests.toys.files.model_files import N_FILTERS, SIDE, kernel
from tests.toys.files.onnx_files import PRIVATE, constant, enter, in_two_files, model, node, small, tokens


@pytest.fixture(scope="module")
def filled():
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(f"{'cat' if i % 2 else 'dog'}/{i}.png", png(i)) for i in range(4)])
    return workspace


@pytest.fixture(scope="module")
def spec(filled):
    facts = enter(filled, small())
    return fx.OwnModel(
        facts.weights, facts.name, (SIDE, SIDE), "unit", layer="features.relu", pooling="avg", format="onnx"
    )


@pytest.fixture(scope="module")
def extractor(filled, spec):
    return fx.build(spec, filled)


def by_hand(images):
    """The maps of the small model, with numpy alone."""
    windows = np.lib.stride_tricks.sliding_window_view(images / 255.0, (3, 3), axis=(1, 2))
    return np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel()) + 0.1, 0)


def some_images(n=3, side=SIDE):
    return np.random.default_rng(0).integers(0, 256, (n, side, side, 3), np.uint8)


def test_features_are_those_of_the_model_and_are_kept(filled, spec, extractor):
    maps = by_hand(some_images())
    np.testing.assert_allclose(extractor(some_images()), maps.mean(axis=(1, 2)), rtol=1e-4)
    features = fx.extract(filled.images(), extractor, workspace=filled)
    assert features.vectors.shape == (4, N_FILTERS)
    assert features.details["engine"] == "OpenVINO, float32"
    assert fx.outline(spec, filled).feature_shape == (N_FILTERS,)
    assert "someone" not in spec.to_json() + str(features.details)
    assert not any(PRIVATE.encode() in filled.artefact(digest) for digest in filled.artefacts())


def test_maps_are_drawn_without_gradients_and_the_rest_is_refused(filled, spec, extractor):
    assert heatmaps_of(spec) == ["activation_energy", "eigen_cam", "occlusion"]
    assert heatmaps_of(fx.Augmented(fx.LambdaTransform(source=spec))) == heatmaps_of(spec)
    record = filled.images()[0]
    found = fx.explain(record, extractor, "activation_energy", layer="features.relu")
    fitted = extractor.fit_image(record.pixels())[np.newaxis]
    energy = (by_hand(fitted)[0] ** 2).sum(axis=-1)
    assert np.unravel_index(found.grid.argmax(), found.grid.shape) == np.unravel_index(energy.argmax(), energy.shape)
    assert found.cells.step == (1 / SIDE, 1 / SIDE)
    np.testing.assert_allclose(np.array(found.cells.first) * SIDE, 1.5, atol=0.3)
    for name in ("grad_cam", "layer_cam"):
        with pytest.raises(HeatmapError, match="needs gradients, which an ONNX model does not have"):
            fx.explain(record, extractor, name)


def test_what_looks_at_layers_works_as_for_other_networks(filled, extractor):
    records = list(filled.images())
    fitted = np.stack([extractor.fit_image(record.pixels()) for record in records])
    maps = by_hand(fitted)
    shown = feature_maps(records[0], extractor)
    np.testing.assert_allclose(shown.maps[0], maps[0][..., shown.channels[0]], rtol=1e-4, atol=1e-5)
    assert shared_colors(records, extractor).colors.shape[:3] == (4, 30, 30)
    rows = maps.mean(axis=(1, 2))
    cosine = rows[0] @ rows[1] / np.prod(np.linalg.norm(rows[:2], axis=1))
    assert f"cosine {cosine:.2f}" in explain_similarity(records[0], records[1], extractor).title
    kept, stages = tap_stages(filled.images(), extractor, [extractor.layers[index] for index in (1, 3)])
    assert kept == [0, 1, 2, 3]
    for values in stages:
        np.testing.assert_allclose(values.reshape(4, -1), rows, rtol=1e-4)


def test_formulas_stand_around_it(filled, spec, extractor):
    squared = fx.build(fx.LambdaTransform(("x ** 2",), source=spec), filled)
    np.testing.assert_allclose(squared(some_images()), extractor(some_images()) ** 2, rtol=1e-5)
    assert fx.explain(filled.images()[0], squared, "eigen_cam").grid.shape == (30, 30)


@pytest.mark.slow
def test_copies_stand_around_it(filled, spec):
    copies = fx.build(fx.Augmented(spec, n_copies=2), filled)
    assert copies(some_images()).shape == (3, N_FILTERS)
    assert fx.explain(filled.images()[0], copies, "eigen_cam").grid.shape == (30, 30)


def test_what_needs_keras_is_refused_in_a_sentence(filled, spec, extractor):
    with pytest.raises(SpecError, match="New layers cannot be added to small"):
        fx.FineTuned(base=spec, class_names=("a", "b"))
    for ask in (first_kernels, lambda each: each.model):
        with pytest.raises(NoKerasError, match="An ONNX model has no gradients and no layers of Keras"):
            ask(extractor)
    with pytest.raises(SpecError, match=r"`format` of small must be 'onnx'\. Received: 'keras'"):
        fx.outline(dataclasses.replace(spec, format="keras"), filled)


def test_occlusion_of_a_class_finds_the_place_that_the_class_is_made_of(filled):
    weight = np.zeros((2, 3, 8, 8))
    weight[1, 0] = 0.2  # the second class is made of red
    nodes = [
        node("Conv", "x w", "c", strides=[8, 8], kernel_shape=[8, 8]),
        node("GlobalMaxPool", "c", "m"),
        node("Flatten", "m", "y"),
    ]
    facts = enter(
        filled, model([*nodes[:-1], node("Flatten", "m", "f"), node("Softmax", "f", "y")], [constant("w", weight)])
    )
    spec = fx.OwnModel(facts.weights, "reds", (SIDE, SIDE), "unit", class_names=("other", "red"), format="onnx")
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[:8, 16:24, 0] = 255
    found = fx.explain(image, fx.build(spec, filled), "occlusion", target=ClassTarget(1))
    assert found.title.startswith("occlusion for red, over 0.99")
    row, column = np.unravel_index(found.grid.argmax(), found.grid.shape)
    assert found.cells.centre(row, column) == pytest.approx((4 / SIDE, 20 / SIDE), abs=0.1)


def test_a_batch_that_is_fixed_runs_image_by_image(filled):
    facts = enter(filled, tokens(), "tokens")
    assert facts.batch == 1
    spec = fx.OwnModel(facts.weights, "tokens", (16, 16), "torch", layer="norm", pooling="avg", format="onnx")
    extractor, images = fx.build(spec, filled), some_images(5, 16)
    alone = np.concatenate([extractor(image[np.newaxis]) for image in images])
    np.testing.assert_allclose(extractor(images), alone, rtol=1e-5)
    assert fx.explain(images[0], extractor, "eigen_cam").cells.step == (0.5, 0.5)


@pytest.mark.slow
def test_it_gives_what_the_same_network_of_keras_gives(filled):
    keras = pytest.importorskip("keras")
    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3))
    first = layers.Conv2D(8, 3, strides=2, padding="same", name="first")(image)
    normal = layers.BatchNormalization(name="normal")(first)
    active = layers.ReLU(6.0, name="active")(normal)
    deep = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="deep")(active)
    pooled = layers.MaxPooling2D(name="pool")(deep)
    row = layers.Dense(5, activation="softmax", name="kind")(layers.GlobalAveragePooling2D()(pooled))
    network = keras.Model(image, [first, active, deep, pooled, row])
    rng = np.random.default_rng(0)
    network.get_layer("normal").set_weights(
        [rng.uniform(0.5, 2, 8), *rng.normal(0, 0.3, (2, 8)), rng.uniform(0.5, 2, 8)]
    )
    (w, b), normal_weights = network.get_layer("first").get_weights(), network.get_layer("normal").get_weights()
    (d,), (k, kb) = network.get_layer("deep").get_weights(), network.get_layer("kind").get_weights()
    constants = [constant("w", w.transpose(3, 2, 0, 1)), constant("b", b), constant("d", d.transpose(2, 3, 0, 1))]
    constants += [
        constant(name, values) for name, values in zip(("gamma", "beta", "mean", "var"), normal_weights, strict=True)
    ]
    constants += [constant("k", k), constant("kb", kb), constant("low", 0.0), constant("high", 6.0)]
    nodes = [
        node("Conv", "x w b", "first", strides=[2, 2], auto_pad="SAME_UPPER", name="first"),
        node("BatchNormalization", "first gamma beta mean var", "normal", epsilon=1e-3, name="normal"),
        node("Clip", "normal low high", "active", name="active"),
        node("Conv", "active d", "deep", group=8, pads=[1, 1, 1, 1], name="deep"),
        node("MaxPool", "deep", "pool", kernel_shape=[2, 2], strides=[2, 2], name="pool"),
        node("GlobalAveragePool", "pool", "averages", name="mean"),
        node("Flatten", "averages", "flat", name="flat"),
        node("Gemm", "flat k kb", "logits", name="logits"),
        node("Softmax", "logits", "y", name="kind"),
    ]
    facts = enter(filled, model(nodes, constants))
    images = some_images()
    expected = network(PREPROCESSING["torch"](images), training=False)
    for name, values in zip(("first", "active", "deep", "pool", "kind"), expected, strict=True):
        spec = fx.OwnModel(facts.weights, "twin", (SIDE, SIDE), "torch", layer=name, format="onnx")
        np.testing.assert_allclose(fx.build(spec, filled)(images), np.asarray(values), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_files_are_brought_in_through_a_process_of_their_own(workspace, tmp_path):
    in_two_files(small(), tmp_path)
    facts = add_model(workspace, tmp_path / "small.onnx")
    assert (facts.name, facts.format, facts.saved_by) == ("small", "onnx", "PyTorch 2.14.1")
    nodes = [
        node("ConstantOfShape", "sides", "huge"),
        node("ReduceMean", "huge", "mean"),
        node("Add", "x mean", "y"),
    ]
    bomb = model(nodes, [constant("sides", [1, 3, 2**20, 2**16], np.int64)])
    with pytest.raises(ModelFileError, match=r"^`bomb\.onnx` (is too large|does not fit|cannot be|crashes)"):
        add_model(workspace, bomb.SerializeToString(), "bomb.onnx")
    assert list(workspace.artefacts().values()) == ["small.onnx"]
