"""Presets that KerasHub wrote come back as it runs them; others are refused in plain words."""

import io
import json
import sys
import types
import zipfile

import h5py
import numpy as np
import pytest

from featx_core.networks.hub.graph import build, made_from
from featx_core.networks.hub.preset_files import pack_preset
from featx_core.networks.hub.presets import find_preset, load_brought, load_trained
from featx_core.networks.weights_loading import WeightsError
from tests.toys.hub.networks import CONFIGS, SIDE, images, plain, row, run

keras_hub = pytest.importorskip("keras_hub", reason="needs KerasHub, see CONTRIBUTING.md")

SLOWER = [pytest.param(name, marks=pytest.mark.slow) if "Swin" in name or "ViT" in name else name for name in CONFIGS]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Presets by class, saved once, with what their networks give."""
    kept = {}

    def save(name):
        if name not in kept:
            folder = tmp_path_factory.mktemp(name)
            plain(name).save_to_preset(str(folder))
            kept[name] = folder, run(keras_hub.models.Backbone.from_preset(str(folder)), images())
        return kept[name]

    return save


def given(network):
    return run(made_from(network), images())


@pytest.mark.parametrize("name", SLOWER)
def test_a_preset_comes_back_as_keras_hub_runs_it(name, saved):
    folder, expected = saved(name)
    network, notes = load_brought(row(name), (SIDE, SIDE), pack_preset(folder), "mine.zip")
    np.testing.assert_allclose(given(network), expected, rtol=1e-5, atol=1e-5)
    assert notes == ()


def test_at_another_size_it_is_what_keras_hub_builds_anew(saved):
    folder, _ = saved("DINOV2Backbone")
    network, _ = load_brought(row("DINOV2Backbone"), (48, 48), pack_preset(folder), "mine.zip")
    theirs = keras_hub.models.DINOV2Backbone.from_preset(str(folder), image_shape=(48, 48, 3))
    batch = np.random.default_rng(0).normal(size=(1, 48, 48, 3)).astype(np.float32)
    np.testing.assert_allclose(run(made_from(network), batch), run(theirs, batch), rtol=1e-5, atol=1e-5)


def test_an_image_encoder_beside_a_text_encoder_is_taken_alone(tmp_path):
    models = keras_hub.models
    text = models.SigLIPTextEncoder(20, 16, 16, 1, 2, 24)
    encoder = plain("SigLIPVisionEncoder")
    expected = run(encoder, images())
    models.SigLIPBackbone(encoder, text).save_to_preset(str(tmp_path))
    network, _ = load_brought(row("SigLIPVisionEncoder"), (SIDE, SIDE), pack_preset(tmp_path), "mine.zip")
    np.testing.assert_allclose(given(network), expected, rtol=1e-5, atol=1e-5)


def test_biases_that_presets_may_have_or_not_are_taken_from_it(tmp_path):
    made = plain("DINOV3Backbone", use_key_bias=True, layer_norm_eps=1e-6)
    made.save_to_preset(str(tmp_path))
    network, _ = load_brought(row("DINOV3Backbone"), (SIDE, SIDE), pack_preset(tmp_path), "mine.zip")
    np.testing.assert_allclose(given(network), run(made, images()), rtol=1e-5, atol=1e-5)


def test_a_file_of_weights_alone_is_read_too(tmp_path):
    made = plain("CLIPVisionEncoder")
    made.save_weights(tmp_path / "mine.weights.h5")
    content = (tmp_path / "mine.weights.h5").read_bytes()
    network, _ = load_brought(row("CLIPVisionEncoder"), (SIDE, SIDE), content, "mine.weights.h5")
    np.testing.assert_allclose(given(network), run(made, images()), rtol=1e-5, atol=1e-5)


def test_weights_that_are_missing_are_said(saved):
    """Keras leaves some as they were drawn, and only warns."""
    folder, _ = saved("CLIPVisionEncoder")
    content = io.BytesIO((folder / "model.weights.h5").read_bytes())
    with h5py.File(content, "a") as file:
        del file["layers/layer_normalization_1"]
    with pytest.raises(WeightsError, match=r"do not fit|not finite or missing"):
        load_brought(row("CLIPVisionEncoder"), (SIDE, SIDE), content.getvalue(), "mine.weights.h5")


def changed(folder, **values):
    """The preset in a folder, with other things in its config."""
    content = pack_preset(folder)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as target:
        for name in archive.namelist():
            member = archive.read(name)
            if name == "config.json":
                config = json.loads(member)
                config["config"] |= values
                member = json.dumps(config)
            target.writestr(name, member)
    return out.getvalue()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"hidden_dim": 32},
            "is of another architecture than Tiny CLIPVisionEncoder: its hidden_dim is 32, and here it must be 16",
        ),
        ({"num_layers": 10**9}, "its num_layers is 1000000000"),
        ({"intermediate_activation": "tf.io.read_file"}, "says intermediate_activation is 'tf.io.read_file', which"),
        ({"intermediate_activation": {"class_name": "Lambda"}}, "says intermediate_activation is "),
    ],
)
def test_a_preset_of_another_architecture_is_refused(values, words, saved):
    folder, _ = saved("CLIPVisionEncoder")
    with pytest.raises(WeightsError, match=words):
        load_brought(row("CLIPVisionEncoder"), (SIDE, SIDE), changed(folder, **values), "mine.zip")


def test_a_preset_of_another_class_is_refused(saved):
    folder, _ = saved("CLIPVisionEncoder")
    with pytest.raises(
        WeightsError, match=r"`mine.zip` is a preset of 'CLIPVisionEncoder', and Tiny DINOV2Backbone is made by"
    ):
        load_brought(row("DINOV2Backbone"), (SIDE, SIDE), pack_preset(folder), "mine.zip")


def test_weights_of_another_shape_or_that_are_not_finite_are_refused(saved, tmp_path):
    folder, _ = saved("CLIPVisionEncoder")
    content = pack_preset(folder)
    with pytest.raises(WeightsError, match=r"do not fit Tiny CLIPVisionEncoder"):
        load_brought(row("CLIPVisionEncoder"), (2 * SIDE, 2 * SIDE), content, "mine.zip")
    made = plain("CLIPVisionEncoder")
    made.weights[0].assign(np.full(made.weights[0].shape, np.nan))
    made.save_to_preset(str(tmp_path))
    with pytest.raises(WeightsError, match="not finite"):
        load_brought(row("CLIPVisionEncoder"), (SIDE, SIDE), pack_preset(tmp_path), "mine.zip")


@pytest.mark.parametrize("scale", [1 / 255, 0.1])
def test_a_preset_that_scales_its_images_otherwise_is_said(scale, saved, tmp_path):
    folder, _ = saved("CLIPVisionEncoder")
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    converter = keras_hub.layers.CLIPImageConverter(
        image_size=(SIDE, SIDE), scale=list(scale / deviation), offset=list(-mean / deviation)
    )
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    converter.save_to_preset(str(tmp_path))
    _, notes = load_brought(row("CLIPVisionEncoder"), (SIDE, SIDE), pack_preset(tmp_path), "mine.zip")
    assert notes == () if scale == 1 / 255 else notes[0].startswith("The preset scales its images otherwise")


def test_what_keras_hub_downloads_is_found_and_loaded(saved, tmp_path, monkeypatch):
    """Its own library is stood in for: it puts files into its cache, one after another."""
    folder, expected = saved("CLIPVisionEncoder")
    backbone = row("CLIPVisionEncoder")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    cache = tmp_path / "models" / backbone.preset.handle

    def model_download(handle, path):
        assert handle == backbone.preset.handle
        cache.mkdir(parents=True, exist_ok=True)
        (cache / path).write_bytes((folder / path).read_bytes())

    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(model_download=model_download))
    assert find_preset(backbone) is None
    steps = []
    network = load_trained(build(backbone, (SIDE, SIDE)), backbone, lambda done, total: steps.append((done, total)))
    np.testing.assert_allclose(given(network), expected, rtol=1e-5, atol=1e-5)
    assert steps[-1] == (1000, 1000)
    assert find_preset(backbone) == cache


def test_a_download_that_fails_is_said_with_another_way(tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))

    def model_download(handle, path):
        raise ConnectionError("no network")

    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(model_download=model_download))
    backbone = row("CLIPVisionEncoder")
    with pytest.raises(WeightsError, match=r"could not be downloaded: ConnectionError. Bring a zip of the preset"):
        load_trained(build(backbone, (SIDE, SIDE)), backbone, None)
