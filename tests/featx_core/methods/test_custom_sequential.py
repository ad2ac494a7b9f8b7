"""The custom network as a spec: from rows to features."""

import subprocess
import sys

import numpy as np
import pytest

import featx_core as fx
from featx_core.architecture.layers import list_layers
from featx_core.architecture.presets import PRESETS
from featx_core.heatmaps.feature_maps import feature_maps
from featx_core.methods import registry as methods
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError
from tests.toys.thorough import first_of

pytestmark = pytest.mark.slow

TINY = (
    fx.layer("Conv2D", filters=4, kernel_size=3, activation="relu"),
    fx.layer("BatchNormalization"),
    fx.layer("MaxPooling2D"),
    fx.layer("Dropout"),
    fx.layer("Flatten"),
    fx.layer("Dense", units=5, activation="tanh"),
)
DIGEST = "8dad248dbbac86bfa016ee482e66f3add055fdca7eef2b56fe89f528e0c2459d"
"""Of one spec, once and for all: stored features are found again by it."""


def tiny(**fields):
    return CustomSequential(TINY, **{"image_size": (16, 16)} | fields)


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def test_the_tutorial_gives_what_it_promises(workspace):
    spec = CustomSequential(PRESETS["tutorial"].layers, image_size=(64, 64))
    features = fx.extract(workspace.images(), fx.build(spec, workspace), workspace=workspace)
    assert features.values.shape == (6, 30_752)
    assert methods.outline(spec).feature_shape == (30_752,)
    assert methods.shape_steps(spec, methods.outline(spec)) == ((64, 64, 3), (62, 62, 32), (31, 31, 32), (30_752,))
    assert spec.title == 'Custom "One convolution", last layer'
    again = fx.load_features(workspace, spec.digest)
    np.testing.assert_array_equal(again.values, features.values)


def test_a_convolution_worked_out_by_hand(pictures):
    spec = CustomSequential((fx.layer("Conv2D", filters=1, kernel_size=1, use_bias=False),), image_size=(16, 16))
    extractor = methods.build(spec)
    kernel = extractor.network.layers[1].get_weights()[0][0, 0, :, 0]
    np.testing.assert_allclose(extractor(pictures)[..., 0], pictures / 255.0 @ kernel, atol=1e-5)


def test_grey_is_one_channel_from_the_picture_to_the_heatmap(pictures):
    spec = tiny(color="grey", layer=3)
    received = spec.picture_input.of(pictures[0])
    assert received.tensor.shape == (16, 16, 1)
    assert received.sentence == "Grey (brightness) scaled to 0..1"
    extractor = methods.build(spec)
    assert extractor.model.input.shape == (None, 16, 16, 1)
    assert extractor(pictures).shape == (3, 7, 7, 4)
    np.testing.assert_array_equal(extractor.preprocess(pictures[:1])[0], received.tensor)
    assert fx.explain(pictures[0], extractor, "grad_cam").grid.shape == (7, 7)


@pytest.mark.parametrize("layer", first_of([3, 1, 2, 4]))
def test_maps_and_heatmaps_work_at_any_row_with_places(layer, pictures):
    extractor = methods.build(tiny())
    assert extractor.layers == list_layers(extractor.network)
    assert extractor.layers[layer].is_spatial
    for name in (name for name, method in fx.HEATMAPS.items() if method.is_at_layer):
        grid = fx.explain(pictures[0], extractor, name, layer=layer).grid
        assert grid.shape == extractor.layers[layer].output_shape[:2]
    assert feature_maps(pictures[0], extractor, layer=layer).n_channels == 4


@pytest.mark.parametrize(
    "spec", first_of([tiny(layer="max_pooling2d", pooling="max"), tiny(), tiny(color="grey"), tiny(layer=2)])
)
def test_the_outline_is_what_is_built(spec, pictures):
    extractor, outline = methods.build(spec), methods.outline(spec)
    assert extractor.layers == outline.layers
    assert (None, *outline.feature_shape) == extractor.output_shape
    assert extractor(pictures).shape == (3, *outline.feature_shape)
    assert extractor.n_parameters == outline.n_parameters


@pytest.mark.parametrize("name", first_of(PRESETS))
def test_random_weights_neither_vanish_nor_explode(name, pictures):
    preset = PRESETS[name]
    extractor = methods.build(CustomSequential(preset.layers, image_size=preset.image_size, color=preset.color))
    fitted = np.stack([extractor.fit_image(picture) for picture in pictures])
    deviation = extractor(fitted).std(axis=0)
    assert 0.01 < np.median(deviation[deviation > 0]) < 10


def test_the_features_do_not_depend_on_the_batch(pictures):
    extractor = methods.build(tiny())
    np.testing.assert_allclose(extractor(pictures, batch_size=1), extractor(pictures, batch_size=3), atol=1e-6)


@pytest.mark.thorough
def test_a_seed_repeats_bit_for_bit(pictures):
    np.testing.assert_array_equal(methods.build(tiny(seed=3))(pictures), methods.build(tiny(seed=3))(pictures))
    assert not np.array_equal(methods.build(tiny(seed=3))(pictures), methods.build(tiny(seed=4))(pictures))


def test_json_there_and_back():
    spec = tiny(color="grey", layer=2, pooling="avg", seed=7)
    assert spec_from_json(spec.to_json()) == spec


def test_the_digest_stays():
    assert CustomSequential(PRESETS["tutorial"].layers).digest == DIGEST


def test_equal_networks_have_equal_digests():
    short = (("MaxPooling2D", ()), ("Flatten", ()))
    full = (fx.layer("MaxPooling2D", pool_size=(2, 2), strides=2, padding="valid"), fx.layer("Flatten"))
    assert CustomSequential(short).digest == CustomSequential(full).digest
    assert tiny(layer=6).digest == tiny(layer="dense").digest == tiny().digest
    assert tiny(layer="stage2").digest == tiny(layer=4).digest
    assert tiny(layer=3).digest != tiny(layer=4).digest


def test_titles_say_what_it_is():
    assert tiny().title == "Custom network of 6 layers, last layer"
    assert tiny(layer=1, pooling="avg").title == "Custom network of 6 layers, conv2d, average"
    assert tiny(layer=1).title == "Custom network of 6 layers, conv2d, not pooled"
    assert tiny(seed=4).badge == "random weights, untrained (seed 4)"
    long = CustomSequential(PRESETS["small_vgg"].layers)
    assert methods.shape_steps(long, methods.outline(long)) == ((64, 64, 3), (64, 64, 32), "...", (8, 8, 128), (128,))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"layers": ()}, r"A network needs 1 to 64 layers. Received: 0."),
        ({"layers": TINY[:1] * 65}, r"1 to 64 layers. Received: 65."),
        ({"layers": TINY[:1] * 9}, r"Row 8: a 3 x 3 kernel does not fit into 2 x 2\."),
        ({"layers": (("Conv4D", ()),)}, r"Row 1: There is no layer 'Conv4D'"),
        ({"layers": (("Flatten",),)}, r"Row 1: expected what `layer\(.*Received: \('Flatten',\)"),
        ({"layers": (("Conv2D", (("filters", 0),)),)}, r"Row 1: Conv2D: `filters` must be a whole number"),
        ({"image_size": (4, 64)}, r"8 to 512 pixels. Received: 4 x 64."),
        ({"weights": "imagenet"}, r'`weights` must be "random"'),
        ({"seed": -1}, r"`seed` must be 0 to"),
        ({"layer": 9}, r"`layer` must be 0 to 6"),
        ({"layer": "conv"}, r"There is no layer 'conv'"),
        ({"pooling": "avg"}, r"no map, so there is nothing to pool"),
        ({"color": "blue"}, r"`color` of CustomSequential must be 'rgb' or 'grey'"),
        (
            {"layers": (fx.layer("Conv2D", kernel_size=1),), "image_size": (200, 200)},
            r"The features would have 1 280 000 values per image; the limit is 1 048 576\. Use pooling",
        ),
    ],
)
def test_what_cannot_be_is_said(fields, said):
    with pytest.raises(SpecError, match=said):
        CustomSequential(**{"layers": TINY, "image_size": (16, 16)} | fields)


def test_the_outline_needs_no_keras():
    code = (
        "import sys; from featx_core import CustomSequential; from featx_core.architecture.presets import PRESETS;"
        "print(CustomSequential(PRESETS['tutorial'].layers).outlined.feature_shape, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(30752,) False"
