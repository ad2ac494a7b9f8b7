import hashlib
from unittest import mock

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from featx_core.architecture.layers import find_layer, list_layers
from featx_core.backbones.registry import BACKBONES
from featx_core.backbones.weights_table import WEIGHTS_FILES
from featx_core.base.keras_setup import load_keras
from featx_core.methods import registry as methods
from featx_core.networks.initialization import made_up_images
from featx_core.networks.origins import build_network
from featx_core.networks.weights_loading import WeightsError
from featx_core.specs.pretrained import Pretrained
from tests.toys.files.legacy_weights import legacy_file

SMALL = ("vgg16", pytest.param("convnext_tiny", marks=pytest.mark.slow))  # the second normalises after pooling


def small(key, **options):
    """Small, but with a last map of several pixels."""
    side = max(64, BACKBONES[key].minimum_side)
    return Pretrained(key, image_size=(side, side), **options)


def pictures(extractor, n_images=4):
    return made_up_images(np.random.default_rng(99), n_images, extractor.image_size)


def plain_features(extractor, spec, images):
    """The same weights in the model that Keras itself would pool."""
    keras = load_keras()
    constructor = getattr(keras.applications, BACKBONES[spec.backbone].title)
    plain = constructor(include_top=False, weights=None, pooling=spec.pooling, input_shape=(*extractor.image_size, 3))
    plain.set_weights(extractor.network.get_weights())
    return np.asarray(plain(extractor.preprocess(images), training=False))


def relative_difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


@pytest.mark.slow
@pytest.mark.parametrize("key", ["vgg16", pytest.param("convnext_tiny", marks=pytest.mark.thorough)])
def test_maximum_pooling_is_that_of_keras(key):
    spec = small(key, weights="random", pooling="max")
    extractor = methods.build(spec)
    images = pictures(extractor, 2)
    assert relative_difference(extractor(images), plain_features(extractor, spec, images)) < 1e-4


@pytest.mark.parametrize("key", ["mobilenet_v2", "resnet50", "inception_v3", "convnext_tiny", "xception"])
def test_stages_run_from_the_input_to_the_last_map(key):
    outline = methods.outline(Pretrained(key))
    stages = [layer for layer in outline.layers if layer.stage]
    assert [layer.stage for layer in stages] == [f"stage{i}" for i in range(1, len(stages) + 1)]
    sides = [layer.output_shape[0] for layer in stages]
    assert sides == sorted(sides, reverse=True)
    assert stages[-1].index == outline.tap
    assert 4 <= len(stages) <= 5


def test_well_known_stages():
    def stages(key):
        return [layer.name for layer in methods.outline(Pretrained(key)).layers if layer.stage]

    assert stages("inception_v3")[2:] == ["mixed2", "mixed7", "mixed10"]
    assert stages("resnet50")[1:] == ["conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"]
    assert stages("vgg16")[-2:] == ["block5_conv3", "block5_pool"]


def test_the_outline_needs_no_memory_for_weights_and_is_remembered():
    spec = Pretrained("convnext_xlarge")
    outline = methods.outline(spec)
    assert outline.n_parameters == BACKBONES["convnext_xlarge"].n_parameters
    with mock.patch("featx_core.methods.pretrained.build_network", side_effect=AssertionError("built again")):
        assert methods.outline(Pretrained("convnext_xlarge", layer="stage2")).layers is outline.layers


@pytest.mark.slow
@pytest.mark.thorough
def test_layer_names_mean_the_same_after_other_networks_were_built():
    before = methods.outline(Pretrained("inception_v3", layer="conv2d_40", image_size=(75, 75))).tap
    build_network(BACKBONES["inception_v3"], (75, 75))
    layers = list_layers(build_network(BACKBONES["inception_v3"], (75, 75)))
    assert find_layer(layers, "conv2d_40") == before


@pytest.mark.slow
@pytest.mark.thorough
def test_taps_give_the_shape_that_the_outline_says():
    for layer, pooling in ((5, "flatten"), ("stage2", "max"), ("block3_conv1", None), ("stage1", "avg")):
        spec = Pretrained("vgg16", weights="random", layer=layer, pooling=pooling, image_size=(64, 96), fit="pad")
        outline, extractor = methods.outline(spec), methods.build(spec)
        features = extractor(pictures(extractor, 2))
        assert features.shape == (2, *outline.feature_shape)
        assert extractor.output_shape == (None, *outline.feature_shape)
        assert extractor.image_size == (64, 96)
        assert extractor.fit == "pad"
        assert outline.n_parameters == extractor.model.count_params()


def imagenet_file(row, folder, *, top=False):
    """Put a file as Keras publishes it, with made-up weights, where Keras keeps its files."""
    network = build_network(row, row.image_size if top else (64, 64), classifier=top)
    generator = np.random.default_rng(0)
    for variable in network.weights:
        if "kernel" in variable.name:
            variable.assign(generator.normal(0, 0.1, variable.shape))
    for layer in network.layers:
        if type(layer).__name__ == "Normalization" and layer.weights:
            layer.set_weights([np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]), np.array(0)])
    file = row.files.with_top if top else row.files.without_top
    (folder / "models").mkdir(exist_ok=True)
    (folder / "models" / file.name).write_bytes(legacy_file(network))


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("FEATX_WEIGHTS_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("featx_core.networks.downloads.PAUSE_SECONDS", 0.0)
    return tmp_path


@pytest.fixture
def any_hash(monkeypatch):
    """Made-up weights cannot have the pinned hash: let the check find it."""
    monkeypatch.setattr("featx_core.networks.checked_files._hash", lambda path, algorithm: PINNED[path.name])


PINNED = {file.name: file.hash for files in WEIGHTS_FILES.values() for file in (files.without_top, files.with_top)}


OTHERS = [
    pytest.param(key, marks=pytest.mark.thorough) for key in ("efficientnet_b0", "efficientnet_v2b0", "resnet50_v2")
]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["mobilenet_v2", *OTHERS])
def test_imagenet_features_are_those_of_keras_with_the_same_file(key, keras_home, any_hash):
    from keras.src.utils import file_utils

    row = BACKBONES[key]
    imagenet_file(row, keras_home)
    extractor = methods.build(Pretrained(key, image_size=(64, 64)))
    images = pictures(extractor, 2)
    constructor = getattr(load_keras().applications, row.title)
    path = str(keras_home / "models" / row.files.without_top.name)
    with mock.patch.object(file_utils, "get_file", return_value=path):
        theirs = constructor(include_top=False, weights="imagenet", pooling="avg", input_shape=(64, 64, 3))
    expected = np.asarray(theirs(extractor.preprocess(images), training=False))
    assert relative_difference(extractor(images), expected) < 1e-4
    assert expected.std() > 0


@pytest.mark.slow
def test_the_classifier_gives_logits_and_class_names(keras_home, any_hash):
    row = BACKBONES["mobilenet_v3_small"]
    imagenet_file(row, keras_home, top=True)
    spec = Pretrained("mobilenet_v3_small", classifier=True, pooling=None)
    extractor = methods.build(spec)
    logits = extractor(pictures(extractor, 2))
    assert logits.shape == (2, 1000)
    assert not np.allclose(logits.sum(axis=1), 1)
    assert len(extractor.classes) == 1000
    assert extractor.classes[281] == "tabby"
    tapped = methods.build(Pretrained("mobilenet_v3_small", classifier=True, layer="stage5", weights="random"))
    assert tapped(pictures(tapped, 1)).shape == (1, 576)
    logits, _ = tapped.submodel([len(tapped.layers) - 1])(tapped.preprocess(pictures(tapped, 1)))
    assert logits.shape == (1, 1000)


def test_missing_weights_are_said_in_words(keras_home):
    with pytest.raises(
        WeightsError, match=r"The weights of MobileNetV2 \(about 9 MB\) could not be downloaded: there is no"
    ):
        methods.build(Pretrained())


class FakeWorkspace:
    """Holds artefacts, as the real one does."""

    def __init__(self, *contents):
        self.contents = {hashlib.sha256(content).hexdigest(): content for content in contents}

    def artefact(self, digest):
        return self.contents[digest]

    def artefacts(self):
        return dict.fromkeys(self.contents, "mine.weights.h5")


@pytest.mark.slow
def test_weights_of_the_user_are_used(tmp_path):
    made = methods.build(small("mobilenet_v3_small", weights="random", seed=4))
    made.network.save_weights(tmp_path / "mine.weights.h5")
    workspace = FakeWorkspace((tmp_path / "mine.weights.h5").read_bytes())
    (digest,) = workspace.contents
    spec = small("mobilenet_v3_small", weights=f"file:{digest}")
    images = pictures(made)
    np.testing.assert_array_equal(methods.build(spec, workspace)(images), made(images))
    assert spec.badge == f"your weights file {digest[:8]}"
    with pytest.raises(WeightsError, match="give the workspace that holds it"):
        methods.build(spec)
    with pytest.raises(
        WeightsError, match=rf"no longer holds .* \(its SHA-256 begins with {digest[:8]}\)\. Import it again"
    ):
        methods.build(spec, FakeWorkspace())
    with pytest.raises(
        WeightsError, match=r"^`mine\.weights\.h5` does not match this network: .*: choose that backbone"
    ):
        methods.build(small("mobilenet_v3_large", weights=f"file:{digest}"), workspace)


def test_the_network_input_is_shown_for_a_picture():
    shown = Pretrained("vgg16", fit="stretch").picture_input.of(np.full((300, 400, 3), (255, 0, 0), np.uint8))
    assert shown.fitted.shape == shown.tensor.shape == (224, 224, 3)
    assert shown.sentence == "BGR, ImageNet mean subtracted (0..255)"
    assert [channel.name for channel in shown.channels] == ["blue", "green", "red"]
    assert shown.channels[2].mean == pytest.approx(255 - 123.68, rel=1e-5)


@pytest.mark.slow
def test_vgg16_without_its_top_gives_the_map_that_tutorials_show():
    spec = Pretrained("vgg16", weights="random", pooling=None)
    assert methods.outline(spec).feature_shape == (7, 7, 512)
    photograph = load_sample_images().images[0]
    extractor = methods.build(spec)
    assert extractor(extractor.fit_image(photograph)[np.newaxis]).shape == (1, 7, 7, 512)
