"""The user's own model as an extractor: against plain Keras, and with layers trained on it."""

import dataclasses
import io
import zipfile

import h5py
import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.targets import ClassTarget
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.keras_file import keras_file
from featx_core.networks.own.bringing import facts_key
from featx_core.networks.own.examination import examine
from featx_core.networks.own.facts import ModelFacts, ModelOutput
from featx_core.specs.spec import SpecError
from tests.conftest import png
from tests.toys.files.model_files import SIDE, SMALL_FACTS, enter_small_model, kernel

keras = pytest.importorskip("keras")
SPEC = fx.OwnModel(SMALL_FACTS.weights, "small", (SIDE, SIDE), "unit")


@pytest.fixture
def filled(workspace):
    enter_small_model(workspace)
    return workspace


def by_hand(images):
    """The convolution of the small model, with numpy alone."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    return np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel()) + 0.1, 0)


@pytest.mark.parametrize(("layer", "pooling"), [(None, None), ("look", "avg"), ("look", "max"), ("stage1", None)])
def test_features_are_those_of_the_model(filled, layer, pooling):
    spec = dataclasses.replace(SPEC, layer=layer, pooling=pooling)
    extractor = fx.build(spec, filled)
    images = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)
    maps = by_hand(images.astype(np.float64) / 255)
    expected = {None: maps, "avg": maps.mean(axis=(1, 2)), "max": maps.max(axis=(1, 2))}[
        "avg" if layer is None else pooling
    ]
    np.testing.assert_allclose(extractor(images), expected, rtol=1e-4, atol=1e-5)
    assert fx.outline(spec, filled).feature_shape == expected.shape[1:]


def test_maps_lie_on_the_image(filled):
    heatmap = fx.explain(filled.images()[0], fx.build(dataclasses.replace(SPEC, pooling=None), filled), "grad_cam")
    assert heatmap.grid.shape == (SIDE - 2, SIDE - 2)
    assert heatmap.title == "Grad-CAM for this image's own features"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"image_size": (40, SIDE)}, r"small takes images of 32 x 32\. Received: 40 x 32\."),
        (
            {"preprocessing": "unit_grey"},
            r"small takes 3 channels: `preprocessing` must be one of caffe, .* 'unit_grey'\.",
        ),
        ({"output": 1}, r"`output` must be 0 to 0 for small\. Received: 1\."),
        ({"class_names": ("a", "b")}, r"small tells 0 classes apart\. Received: 2 names\."),
        ({"layer": "look2"}, r"There is no layer 'look2' in this network\. Close names: look"),
    ],
)
def test_what_is_not_of_the_model_is_refused(filled, fields, words):
    with pytest.raises(SpecError, match=words):
        fx.outline(dataclasses.replace(SPEC, **fields), filled)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weights": "mine.keras"}, "`weights` must be"),
        ({"preprocessing": "mine"}, "`preprocessing` must be one of caffe, tf"),
        ({"image_size": (2, 2)}, "must have 4 to 1024 pixels"),
        ({"output": -1}, "`output` must be 0 to 99"),
        ({"name": " "}, "`name` must not be empty"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(fields, words):
    with pytest.raises(SpecError, match=words):
        dataclasses.replace(SPEC, **fields)


def test_a_preset_that_does_not_fit_is_said_with_the_extractor(filled, monkeypatch):
    facts = dataclasses.replace(SMALL_FACTS, ratios={"unit": 1e-5}, divergences={"unit": 5.0})
    monkeypatch.setattr("featx_core.methods.own_model.model_facts", lambda workspace, weights: facts)
    assert fx.build(SPEC, filled).notes == (facts.warning("unit"),)
    assert "in a small part of the range" in facts.warning("unit")


@pytest.mark.slow
def test_layers_can_be_trained_on_it(filled):
    filled.set_labels({image.name: "ab"[number % 2] for number, image in enumerate(filled.images())})
    more = [(f"{label}/{number}.png", png(number + 50 * (label == "b"))) for number in range(6) for label in "ab"]
    filled.add(more)
    spec = fx.FineTuned(base=SPEC, units=4, epochs=1, class_names=("a", "b"))
    trained = fx.train(spec, filled)
    features = fx.extract(filled.images(), fx.build(trained, filled), workspace=filled)
    assert features.vectors.shape[1] == 4
    assert trained.title == "small fine-tuned, new layer"


def known(workspace, content):
    """Bring a model in without the process of its own, which takes seconds."""
    weights = f"file:{workspace.put_artefact('two.keras', content)}"
    facts = ModelFacts.from_json({**examine(content), "weights": weights, "name": "two"})
    workspace.put_result(facts_key(weights), facts.to_bytes())
    return facts


def test_a_classifier_of_one_of_several_outputs_is_explained_by_name(workspace, tmp_path):
    image = keras.Input((SIDE, SIDE, 3))
    row = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, name="last")(image))
    kinds = keras.layers.Dense(2, activation="softmax", name="kind")(row)
    model = keras.Model(image, [keras.layers.Dense(3, name="other")(row), kinds])
    model.save(tmp_path / "two.keras")
    facts = known(workspace, (tmp_path / "two.keras").read_bytes())
    assert facts.outputs == (ModelOutput("other", (3,), 0), ModelOutput("kind", (2,), 2))
    assert ModelFacts.from_bytes(facts.to_bytes()) == facts
    spec = fx.OwnModel(facts.weights, facts.name, (SIDE, SIDE), "tf", output=1, class_names=("cat", "dog"))
    extractor = fx.build(spec, workspace)
    pixels = workspace.images()[0].fitted((SIDE, SIDE), "crop")[None]
    expected = np.asarray(model(PREPROCESSING["tf"](pixels))[1])
    np.testing.assert_allclose(extractor(pixels), expected, rtol=1e-5)
    best = ("cat", "dog")[int(expected[0].argmax())]
    heatmap = fx.explain(workspace.images()[0], extractor, "grad_cam", target=ClassTarget())
    assert heatmap.title.startswith(f"Grad-CAM for {best}, ")
    assert '"last"' in heatmap.layer


@pytest.mark.slow
@pytest.mark.thorough
def test_a_run_of_it_can_be_written_as_code_that_gives_the_same(filled):
    spec = dataclasses.replace(SPEC, layer="look", pooling="avg")
    features = fx.extract(filled.images(), fx.build(spec, filled), workspace=filled)
    checked = fx.run_as_code(features, filled)
    assert "keras.saving.load_model" in checked.script
    assert checked.is_reproduced


@pytest.mark.parametrize("factor", [1, 2])
def test_a_model_that_featx_saved_is_told_where_it_computes_something_else_now(filled, factor):
    saved = io.BytesIO(keras_file(fx.build(SPEC, filled)))
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with h5py.File(weights := io.BytesIO(members["model.weights.h5"]), "r+") as file:
        file["layers/conv2d/vars/0"][...] *= factor
    with zipfile.ZipFile(changed := io.BytesIO(), "w") as archive:
        for name, content in (members | {"model.weights.h5": weights.getvalue()}).items():
            archive.writestr(name, content)
    digest = filled.put_artefact("again.keras", changed.getvalue())
    filled.put_result(
        facts_key(f"file:{digest}"), dataclasses.replace(SMALL_FACTS, weights=f"file:{digest}").to_bytes()
    )
    notes = fx.build(dataclasses.replace(SPEC, weights=f"file:{digest}"), filled).notes
    words = "With again.keras, this network gives other features of a fixed picture than when featx saved the file."
    assert (words in notes) is (factor == 2)
