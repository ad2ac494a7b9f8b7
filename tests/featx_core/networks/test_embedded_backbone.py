"""The embedded backbone as it ships: weights that belong to the card, and everything that other backbones can do."""

import re
import socket

import numpy as np
import pytest

import featx_core as fx
from featx_core.backbones.measured import read_measured
from featx_core.backbones.registry import BACKBONES
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.targets import ClassTarget
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.methods import registry as methods
from featx_core.methods.defaults import default_spec
from featx_core.networks import installed, weights
from featx_core.networks.embedded.network import build
from featx_core.networks.embedded.weights import V1, digest_arrays, probe_image, read_card, read_weights
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.initialization import made_up_images, randomize
from featx_core.networks.keras_file import keras_file
from featx_core.networks.origins import is_here
from featx_core.networks.weights_loading import WeightsError
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import SpecError
from tests.conftest import png

SPEC = Pretrained("embedded_v1")


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Let every connection fail, and no weights be on this machine."""

    def refuse(*arguments):
        raise AssertionError("something wanted the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(installed, "_module_folder", lambda module: None)


@pytest.fixture(scope="module")
def extractor():
    return methods.build(SPEC)


def test_it_loads_with_the_network_blocked_and_gives_the_numbers_of_its_card(no_network):
    probe = read_card()["probe"]
    features = methods.build(SPEC)(probe_image()[np.newaxis])[0]
    assert len(probe["channels"]) == 8
    np.testing.assert_allclose(features[probe["channels"]], probe["features"], atol=1e-3)
    assert min(probe["features"]) > 0.01


def test_the_arrays_are_those_of_the_card():
    halves = {name: array.astype(np.float16) for name, array in read_weights().items()}
    card = read_card()
    assert digest_arrays(halves) == card["sha256"]
    assert V1.stat().st_size == card["n_bytes"] <= 4_000_000
    assert sum(array.size for array in halves.values()) == card["n_parameters"] == BACKBONES["embedded_v1"].n_parameters
    assert card["name"] == "embedded_v1"


def test_the_model_card_is_of_this_file_and_shows_what_was_measured_of_it():
    words = V1.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    assert read_card()["sha256"] in words
    scores = read_measured()
    assert len(scores) >= 9
    for score in scores:
        assert f"{score.embedded:.1f} ({score.low:.1f} to {score.high:.1f})" in words, score.suite
    for picture in re.findall(r"\]\((pictures/[^)]+)\)", words):
        assert (V1.parent / picture).is_file()


def test_it_is_the_default_where_nothing_was_downloaded_or_installed(no_network):
    assert default_spec() == SPEC
    assert is_here(BACKBONES["embedded_v1"])
    assert not is_here(BACKBONES["mobilenet_v2"])


def test_missing_weights_are_an_error_in_words_and_nothing_takes_their_place(monkeypatch, tmp_path):
    monkeypatch.setattr("featx_core.networks.embedded.weights.read_weights.__defaults__", (tmp_path / "v1.npz",))
    with pytest.raises(
        WeightsError, match=r"^`v1.npz`, a part of the embedded backbone that comes with featx, is missing"
    ):
        methods.build(SPEC)


def test_left_empty_the_weights_are_what_the_backbone_was_trained_to():
    assert SPEC.weights == "embedded"
    assert Pretrained("resnet50").weights == "imagenet"
    assert Pretrained("embedded_v1", weights="embedded").digest == SPEC.digest
    assert SPEC.badge == "embedded weights, trained on synthetic images"
    assert SPEC.title == "Embedded v1, last layer, average"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"backbone": "embedded_v1", "weights": "imagenet"},
            r'must be "embedded", "random" or "file:<sha256>"\. Received: \'imagenet\'\. Embedded v1 was not trained this way',
        ),
        (
            {"backbone": "vgg16", "weights": "embedded"},
            r'must be "imagenet", "random" or .*VGG16 was not trained this way; \'embedded_v1\' was',
        ),
        (
            {"backbone": "embedded_v1", "classifier": True, "pooling": None},
            "Embedded v1 has no classifier: it was trained without class names",
        ),
        ({"backbone": "embedded_v1", "image_size": (47, 112)}, "needs images of at least 48 x 48"),
    ],
)
def test_what_it_does_not_have_is_refused_with_a_way_forward(fields, message):
    with pytest.raises(SpecError, match=message):
        Pretrained(**fields)


def test_there_is_nothing_to_download():
    row = BACKBONES["embedded_v1"]
    assert row.download_bytes == row.download_bytes_with_top == 0
    with pytest.raises(ValueError, match=r"no weights of Embedded v1 to download: they come with featx"):
        weights.fetch(row)


@pytest.mark.slow
@pytest.mark.thorough
def test_its_untrained_twin_is_the_conditioned_network_folded():
    spec = Pretrained("embedded_v1", weights="random", seed=3, image_size=(64, 64))
    twin = build((64, 64), is_folded=False)
    randomize(twin, PREPROCESSING["none"], 3)
    images = made_up_images(np.random.default_rng(1), 4, (64, 64))
    expected = np.asarray(twin(images.astype(np.float32), training=False)).mean(axis=(1, 2))
    np.testing.assert_allclose(methods.build(spec)(images), expected, atol=1e-5)
    assert expected.std() > 0.05
    other = Pretrained("embedded_v1", weights="random", seed=4, image_size=(64, 64))
    assert not np.allclose(methods.build(other)(images), expected, atol=0.01)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize(("side", "coarse"), [(48, 3), (112, 7), (224, 14)])
def test_heatmaps_have_two_resolutions_at_any_size(side, coarse):
    extractor = methods.build(Pretrained("embedded_v1", image_size=(side, side)))
    image = np.random.default_rng(0).integers(0, 256, (150, 100, 3)).astype(np.uint8)
    for layer, cells in ((None, coarse), ("stage3_out", 2 * coarse)):
        for name in (name for name, method in fx.HEATMAPS.items() if method.is_at_layer):
            assert fx.explain(image, extractor, name, layer=layer).grid.shape == (cells, cells)


def test_each_feature_is_the_mean_of_its_map(extractor):
    whole = methods.build(Pretrained("embedded_v1", pooling=None))
    image = probe_image()[np.newaxis]
    np.testing.assert_allclose(whole(image).mean(axis=(1, 2)), extractor(image), atol=1e-5)


def test_class_targets_say_that_there_is_no_classifier(extractor):
    assert extractor.classes is None
    with pytest.raises(HeatmapError, match="classif"):
        fx.explain(probe_image(), extractor, "grad_cam", target=ClassTarget(3))


@pytest.mark.parametrize(("layer", "pooling", "n_features"), [("stem_relu", "max", 32), ("stage4_add", "avg", 192)])
def test_any_layer_and_pooling(layer, pooling, n_features):
    spec = Pretrained("embedded_v1", layer=layer, pooling=pooling, image_size=(64, 80))
    features = methods.build(spec)(made_up_images(np.random.default_rng(1), 2, (64, 80)))
    assert features.shape == (2, n_features) == (2, *methods.outline(spec).feature_shape)


@pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")
def test_the_fast_engine_agrees(extractor):
    images = made_up_images(np.random.default_rng(1), 8, (112, 112))
    graph = openvino_engine.convert(TensorFlowEngine(extractor.model).graph())
    fast = openvino_engine.OpenVinoEngine(graph)(extractor.preprocess(images))
    assert openvino_engine.disagreement(fast, extractor(images)) < 1e-4


def test_it_becomes_a_keras_file_that_gives_the_same(extractor, tmp_path):
    path = tmp_path / "embedded.keras"
    path.write_bytes(keras_file(extractor))
    copy = fx.load_keras().saving.load_model(path, safe_mode=True)
    maps = np.asarray(copy(probe_image()[np.newaxis].astype(np.float32)))
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), extractor(probe_image()[np.newaxis]), atol=1e-5)


def test_weights_of_the_user_are_used(extractor, tmp_path):
    path = tmp_path / "mine.weights.h5"
    extractor.network.save_weights(path)
    workspace = fx.Workspace.open(":memory:")
    digest = workspace.put_artefact(path.name, path.read_bytes())
    mine = fx.build(Pretrained("embedded_v1", weights=f"file:{digest}"), workspace)
    np.testing.assert_array_equal(mine(probe_image()[np.newaxis]), extractor(probe_image()[np.newaxis]))


@pytest.mark.slow
@pytest.mark.thorough
def test_new_layers_learn_on_top_of_it_and_its_layers_are_swept():
    workspace = fx.Workspace.open(":memory:")
    workspace.add(
        [(f"{label}/{i}.png", png(40 * i + 7 * number)) for i, label in enumerate("abc") for number in range(8)]
    )
    base = Pretrained("embedded_v1", image_size=(48, 48))
    trained = fx.train(fx.FineTuned(base=base, units=16, epochs=3), workspace)
    features = fx.extract(workspace.images(), fx.build(trained, workspace), workspace=workspace)
    assert features.vectors.shape == (24, 16)
    assert trained.title == "Embedded v1 fine-tuned, new layer"
    sweep = fx.sweep_layers(workspace.images(), fx.build(base))
    assert list(sweep.table["layer"])[-1] == "features_relu"
