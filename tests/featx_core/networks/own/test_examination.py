"""What a model expects of its input is read off its own layers; what it cannot take is said."""

import contextlib
import io
import zipfile

import numpy as np
import pytest

from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.initialization import made_up_images
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.examination import examine
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.flattening import flatten
from featx_core.networks.own.loading import load_model, outline_model
from tests.toys.files.model_files import (
    N_FILTERS,
    SMALL_FACTS,
    an_input,
    functional,
    kernel,
    packed,
    part,
    small_model,
    small_parts,
    weights,
)
from tests.toys.memory import forget_peak, peak_megabytes

keras = pytest.importorskip("keras")
SIDE = 16


def facts_of(content):
    return ModelFacts.from_json({**examine(content), "weights": SMALL_FACTS.weights, "name": "small"})


def saved(tmp_path, *layers, shape=(SIDE, SIDE, 3)):
    model = keras.Sequential([keras.layers.Input(shape), *layers])
    model.save(tmp_path / "model.keras")
    return (tmp_path / "model.keras").read_bytes()


def normalized_on(preset):
    """A network whose batch normalization saw images with that preprocessing."""
    images = PREPROCESSING[preset](made_up_images(np.random.default_rng(5), 32, (SIDE, SIDE)))
    convolution, normalization = keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()
    seen = np.asarray(convolution(images))
    normalization.build(seen.shape)
    normalization.moving_mean.assign(seen.mean(axis=(0, 1, 2)))
    normalization.moving_variance.assign(seen.var(axis=(0, 1, 2)))
    return convolution, normalization


def test_the_small_model_is_as_it_is_described():
    assert facts_of(small_model()) == SMALL_FACTS


@pytest.mark.parametrize("preset", ["unit", "none", "tf"])
def test_batch_normalization_tells_what_it_saw(preset, tmp_path):
    facts = facts_of(saved(tmp_path, *normalized_on(preset)))
    assert facts.ratios[preset] == pytest.approx(1, abs=0.8)
    assert facts.suggested == preset
    assert facts.warning(preset) == ""
    wrong = "none" if preset != "none" else "unit"
    place = "far beyond" if wrong == "none" else "in a small part of"
    assert f"values are {place} the range that the model's first batch normalization saw" in facts.warning(wrong)


def test_without_scaling_or_normalization_nothing_is_suggested(tmp_path):
    facts = facts_of(saved(tmp_path, keras.layers.Conv2D(2, 3)))
    assert (facts.suggested, facts.ratios, facts.scaling) == (None, {}, ())
    assert {facts.warning(preset) for preset in facts.presets} == {""}


@pytest.mark.parametrize(
    ("layer", "expects"),
    [
        (lambda: keras.layers.Rescaling(1 / 255), "none"),
        (lambda: keras.layers.Rescaling(2.0, offset=-1.0), "unit"),
        (lambda: keras.layers.Normalization(mean=[123.0] * 3, variance=[58.0**2] * 3), "none"),
        (lambda: keras.layers.Normalization(mean=[0.485] * 3, variance=[0.23**2] * 3), "unit"),
    ],
)
def test_its_own_scaling_tells_what_it_takes(layer, expects, tmp_path):
    facts = facts_of(saved(tmp_path, layer(), keras.layers.Conv2D(2, 3)))
    assert (facts.expects, facts.suggested, facts.warning(expects)) == (expects, expects, "")
    assert "scaled twice, or not enough" in facts.warning("torch")


def test_scaling_by_arithmetic_is_seen(tmp_path):
    image = keras.Input((SIDE, SIDE, 3))
    scaled = keras.applications.mobilenet_v2.preprocess_input(image)
    keras.Model(image, keras.layers.Conv2D(2, 3)(scaled)).save(tmp_path / "model.keras")
    facts = facts_of((tmp_path / "model.keras").read_bytes())
    assert (facts.scaling, facts.expects) == (("arithmetic",), "none")


def test_a_normalization_of_its_own_is_seen_behind_augmentation_but_not_behind_weights(tmp_path):
    layers = keras.layers.RandomFlip(), keras.layers.Normalization(mean=[1.0, 2, 3], variance=[4.0, 5, 6])
    assert facts_of(saved(tmp_path, *layers, keras.layers.Conv2D(2, 3))).scaling == ("Normalization",)
    assert facts_of(saved(tmp_path, keras.layers.Conv2D(3, 3), keras.layers.Rescaling(2.0))).scaling == ()


def test_a_grey_model_takes_grey(tmp_path):
    facts = facts_of(saved(tmp_path, keras.layers.Conv2D(2, 3), shape=(SIDE, SIDE, 1)))
    assert facts.presets == ("unit_grey",)
    assert facts.suggested == "unit_grey"


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((SIDE,), "takes an input of shape 16, no image"),
        ((9, 9, 5), "9 x 9 x 5"),
        ((2000, 8, 3), "2000 x 8; the limit"),
    ],
)
def test_what_is_no_image_is_said(shape, words, tmp_path):
    with pytest.raises(ModelFileError, match=words):
        examine(saved(tmp_path, keras.layers.Activation("relu"), shape=shape))


def test_two_inputs_are_refused(tmp_path):
    inputs = [keras.Input((SIDE, SIDE, 3)) for _ in range(2)]
    keras.Model(inputs, keras.layers.Add()(inputs)).save(tmp_path / "two.keras")
    with pytest.raises(ModelFileError, match="takes 2 inputs"):
        examine((tmp_path / "two.keras").read_bytes())


def test_one_image_by_name_and_outputs_by_name_are_those_of_a_plain_network(tmp_path):
    image = keras.Input((SIDE, SIDE, 3), name="image")
    looked = keras.layers.Conv2D(4, 3, name="look")(image)
    row = keras.layers.GlobalAveragePooling2D(name="row")(looked)
    model = keras.Model({"image": image}, {"row": row, "map": looked})
    model.save(tmp_path / "named.keras")
    content = (tmp_path / "named.keras").read_bytes()
    assert sorted(each["name"] for each in examine(content)["outputs"]) == ["look", "row"]
    pixels = np.random.default_rng(0).random((2, SIDE, SIDE, 3), np.float32)
    theirs = keras.tree.flatten(model({"image": pixels}))
    for number, values in enumerate(theirs):
        network = flatten(load_model(content), (SIDE, SIDE), number)
        np.testing.assert_allclose(network(pixels), values, atol=1e-6)


def test_several_inputs_by_name_are_refused_in_one_sentence(tmp_path):
    inputs = {name: keras.Input((SIDE, SIDE, 3), name=name) for name in ("left", "right")}
    keras.Model(inputs, keras.layers.Add()(list(inputs.values()))).save(tmp_path / "two.keras")
    with pytest.raises(ModelFileError, match=r"^takes 2 inputs\. featx gives a network one image\.$"):
        examine((tmp_path / "two.keras").read_bytes())


@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16"])
def test_a_model_of_less_precision_computes_in_float32(policy, tmp_path):
    layers = keras.layers.Conv2D(4, 3, dtype=policy), keras.layers.GlobalAveragePooling2D(dtype=policy)
    content = saved(tmp_path, *layers)
    assert examine(content)["n_parameters"] == 112
    kernel, bias = (np.asarray(value, np.float32) for value in layers[0].get_weights())
    pixels = np.random.default_rng(0).random((1, SIDE, SIDE, 3), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(pixels[0], (3, 3), axis=(0, 1))
    expected = np.einsum("hwcij,ijcf->f", windows, kernel) / windows.shape[0] / windows.shape[1] + bias
    np.testing.assert_allclose(flatten(load_model(content), (SIDE, SIDE))(pixels)[0], expected, rtol=1e-5)


def test_a_model_of_whole_numbers_is_tried_with_them(tmp_path):
    image = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    keras.Model(image, keras.layers.Conv2D(2, 3)(keras.layers.Rescaling(1 / 255)(image))).save(tmp_path / "m.keras")
    facts = facts_of((tmp_path / "m.keras").read_bytes())
    assert (facts.suggested, facts.scaling) == ("none", ("whole numbers as input", "Rescaling"))


def test_what_fails_on_an_image_and_what_gives_several_values_is_said(tmp_path):
    with pytest.raises(ModelFileError, match="a layer of it fails on an image"):
        examine(saved(tmp_path, keras.layers.Conv2D(2, 3, activation="threshold")))
    image = keras.Input((SIDE, SIDE, 3))
    keras.Model(image, keras.ops.split(image, 3, axis=-1)).save(tmp_path / "split.keras")
    with pytest.raises(ModelFileError, match="has a layer with several outputs, `split`"):
        examine((tmp_path / "split.keras").read_bytes())


def test_values_that_are_not_finite_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="values that are not finite"):
        examine(saved(tmp_path, keras.layers.Rescaling(float("inf")), keras.layers.Rescaling(0.0)))


@pytest.mark.parametrize("value", [np.nan, 1e39])
def test_weights_beyond_float32_are_refused_by_their_layer(value):
    """Even where the output hides them, as the maximum of a NaN and 0 may."""
    arrays = {"layers/conv2d/vars/0": kernel().astype(np.float64), "layers/conv2d/vars/1": np.full(N_FILTERS, value)}
    with pytest.raises(ModelFileError, match=r"NaN, infinite or too large for float32, in layer `look`\.$"):
        load_model(packed(functional(*small_parts()), weights(arrays)))


@pytest.mark.parametrize("mode", ["vgg16", "densenet"])
def test_preprocessing_of_keras_within_a_model_is_taken(mode, tmp_path):
    image = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(image, getattr(keras.applications, mode).preprocess_input(image))
    model.save(tmp_path / "m.keras")
    content = (tmp_path / "m.keras").read_bytes()
    pixels = np.random.default_rng(0).uniform(0, 255, (1, SIDE, SIDE, 3)).astype(np.float32)
    expected = getattr(keras.applications, mode).preprocess_input(pixels.copy())
    np.testing.assert_allclose(flatten(load_model(content), (SIDE, SIDE))(pixels), expected, rtol=1e-5, atol=1e-5)


def test_weights_that_do_not_fit_are_refused():
    wrong = {"layers/conv2d/vars/0": np.zeros((3, 3, 3, 7)), "layers/conv2d/vars/1": np.zeros(7)}
    with zipfile.ZipFile(io.BytesIO(small_model())) as archive:
        config = archive.read("config.json").decode()
    with pytest.raises(ModelFileError, match="cannot be loaded by Keras"):
        load_model(packed(config, weights(wrong)))


@contextlib.contextmanager
def little_memory(megabytes=50):
    """Hold that a process needs at most so much more for what is done meanwhile."""
    forget_peak()
    before = peak_megabytes()
    yield
    assert peak_megabytes() - before < megabytes


def bomb(*layers):
    """A file of a few kilobytes that would need gigabytes."""
    return packed(functional(an_input(), *layers))


def test_a_bomb_of_weights_is_counted_and_never_filled():
    wide = [
        part("Flatten", "f", "image"),
        part("Dense", "d1", "f", units=60_000),
        part("Dense", "d2", "d1", units=60_000),
    ]
    with little_memory(), pytest.raises(ModelFileError, match=r"has 3\.78e\+03 M parameters; the limit is 150 M"):
        load_model(bomb(*wide))


def test_a_bomb_of_maps_is_counted_and_never_filled():
    grown = [part("UpSampling2D", "u1", "image", size=[999, 1]), part("UpSampling2D", "u2", "u1", size=[1, 999])]
    with (
        little_memory(),
        pytest.raises(ModelFileError, match=r"is too large: layer `u2` gives 3\.1e\+09 values an image"),
    ):
        outline_model(bomb(*grown), (32, 32))
    tiled = part("Tile", "many", "image", module="keras.src.ops.numpy", registered="Tile", repeats=[1, 999, 999, 1])
    with pytest.raises(ModelFileError, match="layer `many` gives"):
        outline_model(bomb(tiled, part("GlobalAveragePooling2D", "pooled", "many")), (32, 32))
