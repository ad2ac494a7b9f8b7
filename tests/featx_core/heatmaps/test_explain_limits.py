"""What cannot be explained is refused in words, and what can lies in the right place."""

import re

import numpy as np
import pytest

from featx_core.heatmaps.explain import explain
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget
from featx_core.images.fitting import FITS
from tests.toys.heatmap_toys import ToyExtractor, dense, pointwise, sequential

keras = pytest.importorskip("keras")

MIX = [[1.0, -1.0], [0.5, 1.0], [0.0, 2.0]]  # RGB to two channels


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


@pytest.fixture
def headless():
    return ToyExtractor(sequential(pointwise(MIX, [0.0, -1.0])))


@pytest.fixture
def classifier():
    """Two channels, their means, three classes with softmax."""
    layers = pointwise(MIX), keras.layers.GlobalAveragePooling2D()
    head = dense([[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]], [0.1, 0.2, 0.3], activation="softmax")
    return ToyExtractor(sequential(*layers, head), classes=("cat", "dog", "sun"))


@pytest.mark.parametrize("name", [name for name, row in HEATMAPS.items() if not row.rolls])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_constant_image_gives_a_map_without_nan(headless, name, grey):
    heatmap = explain(np.full((20, 30, 3), grey, np.uint8), headless, name)
    assert np.isfinite(heatmap.values).all()
    assert heatmap.note
    assert len(np.unique(heatmap.grid)) == 1


def test_a_branch_that_the_features_do_not_pass_through_is_refused(image):
    inputs = keras.Input((8, 8, 3))
    branches = [pointwise(MIX, name="one")(inputs), pointwise(MIX, name="two")(inputs)]
    network = keras.Model(inputs, keras.layers.Add()(branches))
    names = [layer.name for layer in network.layers]
    extractor = ToyExtractor(network, tap=names.index("two"))
    with pytest.raises(HeatmapError, match=r'"one" .*(do not pass through it|comes after).* is layer \d, "two"'):
        explain(image, extractor, "grad_cam", layer="one")
    assert explain(image, extractor, "grad_cam").layer.split()[2] == '"two"'


def test_a_target_with_a_dead_unit_gives_zero_and_says_so(image):
    extractor = ToyExtractor(sequential(pointwise(MIX), pointwise([[-1.0], [-1.0]], [-9.0], activation="relu")))
    heatmap = explain(image, extractor, "grad_cam", layer=1, target=FeatureTarget(0))
    assert not heatmap.grid.any()
    assert heatmap.note == "Flat: the target does not depend on this layer in this image."


def test_a_last_layer_that_is_put_behind_the_pooling_is_not_on_the_way(image):
    class Normalized(ToyExtractor):
        """As ConvNeXt: the network ends in a normalization that belongs behind the pooling."""

        def __init__(self, network):
            super().__init__(network)
            pooled = keras.ops.mean(network.layers[1].output, axis=(1, 2))
            self.model = keras.Model(network.input, network.layers[2](pooled))

    extractor = Normalized(sequential(pointwise(MIX), keras.layers.LayerNormalization()))
    heatmap = explain(image, extractor, "grad_cam", target=FeatureTarget(1))
    assert heatmap.layer == 'layer 1, "conv2d" (8 x 8 x 2)'
    assert heatmap.grid.max() == 1
    with pytest.raises(
        HeatmapError, match=r"the features of this run do not pass through it. The last layer .* is layer 1"
    ):
        explain(image, extractor, "grad_cam", layer=2)


def test_a_network_without_places_says_why_not(image):
    extractor = ToyExtractor(sequential(keras.layers.Flatten(), keras.layers.Dense(4), shape=(8, 8, 3)))
    with pytest.raises(HeatmapError, match="This network has no layer with height and width"):
        explain(image, extractor, "activation_energy")


def test_a_layer_without_places_names_the_nearest_that_has(classifier, image):
    message = 'layer 2, "global.*" \\(2\\) has none. Nearest that has: layer 1, "conv.*" \\(8 x 8 x 2\\)\\.'
    with pytest.raises(HeatmapError, match=message):
        explain(image, classifier, "eigen_cam", layer=2)


def test_a_layer_after_the_tap_has_no_gradient_but_has_activations(image):
    extractor = ToyExtractor(sequential(pointwise(MIX, name="early"), pointwise([[1.0], [0.0]], name="late")), tap=1)
    message = r'Grad-CAM cannot use layer 2, "late" .* after layer 1, "early" .* taps the network\. .* is layer 1,'
    with pytest.raises(HeatmapError, match=message):
        explain(image, extractor, "grad_cam", layer="late")
    assert explain(image, extractor, "activation_energy", layer="late").grid.max() == 1


def test_no_layer_with_places_up_to_the_tap_names_the_first_that_has(image):
    layers = keras.layers.Flatten(), keras.layers.Reshape((8, 8, 3), name="back")
    extractor = ToyExtractor(sequential(*layers), tap=1)
    with pytest.raises(HeatmapError, match=r'The first one that does is layer 2, "back" \(8 x 8 x 3\)'):
        explain(image, extractor, "activation_energy")


@pytest.mark.parametrize("layer", [1, "mix", "stage1"])
def test_layers_are_found_by_index_name_and_stage(image, layer):
    network = sequential(pointwise(MIX, name="mix"), keras.layers.MaxPooling2D(4))
    extractor = ToyExtractor(network)
    assert explain(image, extractor, "eigen_cam", layer=layer).layer == 'layer 1, "mix" (8 x 8 x 2)'


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "nowhere"}, "There is no layer 'nowhere' in this network. Its stages are: stage1"),
        ({"layer": 99}, "`layer` must be 0 to 1 for this network. Received: 99"),
        ({"target": FeatureTarget(2)}, "There is no feature 2: this network gives 2, numbered from 0"),
        ({"target": ClassTarget(0)}, "no classifier, so there is no class to explain"),
    ],
)
def test_what_cannot_be_explained_is_named(headless, image, options, message):
    with pytest.raises(HeatmapError, match=message):
        explain(image, headless, "grad_cam", **options)


def test_an_unknown_class_is_named(classifier, image):
    with pytest.raises(HeatmapError, match="There is no class 3: this network gives 3, numbered from 0"):
        explain(image, classifier, "grad_cam", target=ClassTarget(3))


def test_an_unknown_method_lists_the_known_ones(headless, image):
    with pytest.raises(ValueError, match=re.escape(f"The heatmaps are: {', '.join(HEATMAPS)}.")):
        explain(image, headless, "gradcam")


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 8, 8, 3), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)]
)
def test_arrays_that_are_no_image_are_refused(headless, wrong):
    with pytest.raises(
        ValueError, match=r"uint8 `\(height, width, 3\)` RGB. Received: .*" + re.escape(str(wrong.shape))
    ):
        explain(wrong, headless, "eigen_cam")


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    ("height", "width", "top", "left"), [(180, 300, 60, 120), (300, 180, 90, 40), (90, 240, 10, 95)]
)
@pytest.mark.parametrize("name", ["activation_energy", "eigen_cam", "grad_cam", "occlusion"])
def test_the_heatmap_lies_where_the_original_is_bright(fit, height, width, top, left, name):
    average = keras.layers.AveragePooling2D(4)
    extractor = ToyExtractor(
        sequential(pointwise(np.full((3, 1), 1 / 3), [-0.55], activation="relu"), average, shape=(64, 64, 3)), fit=fit
    )
    image = np.zeros((height, width, 3), np.uint8)
    image[top : top + 40, left : left + 40] = 255
    values = np.nan_to_num(explain(image, extractor, name).values)
    assert values.shape == (height, width)
    rows, columns = np.mgrid[:height, :width] + 0.5
    assert np.average(rows, weights=values) == pytest.approx(top + 20, abs=3)
    assert np.average(columns, weights=values) == pytest.approx(left + 20, abs=3)
    assert values[top + 20, left + 20] > 0.8


def test_a_peak_in_the_borders_of_a_padded_picture_is_said():
    extractor = ToyExtractor(sequential(pointwise(np.full((3, 1), 1 / 3)), shape=(16, 16, 3)), fit="pad")
    dark = np.zeros((100, 200, 3), np.uint8)
    heatmap = explain(dark, extractor, "activation_energy")
    assert heatmap.note.startswith("The highest value lies outside the image, in the grey padding")
    assert heatmap.values.max() < 0.6
    dark[40:60, 80:120] = 255
    assert explain(dark, extractor, "activation_energy").note == ""
