"""Heatmaps through real Keras networks with fixed weights."""

import importlib

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.heatmaps import observation
from featx_core.heatmaps.explain import explain, explain_many
from featx_core.heatmaps.layers import choose_layer
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.observation import observer
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget, OwnFeaturesTarget, SimilarityTarget
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


def channels(image, bias=(0.0, 0.0)):
    return image / 255 @ np.array(MIX) + bias


def unit(values):
    return values / values.max()


def test_what_runs_up_to_a_layer_is_kept_for_that_layer_of_that_extractor(image, monkeypatch):
    traced = []
    real = observation.TensorFlowEngine
    monkeypatch.setattr(observation, "TensorFlowEngine", lambda model: traced.append(model) or real(model))
    one, two = (
        ToyExtractor(sequential(pointwise(MIX), pointwise(turn))) for turn in ([[2, 0], [0, 3]], [[0, 5], [7, 0]])
    )
    looked = [(one, 1), (one, 1), (two, 2), (one, 1), (one, 2)]
    seen = [observer(extractor, extractor.layers[index])(image[None])[0].activations for extractor, index in looked]
    expected = channels(image), channels(image) @ [[0, 5], [7, 0]], channels(image) @ [[2, 0], [0, 3]]
    for values, number in zip(seen, (0, 0, 1, 0, 2), strict=True):
        np.testing.assert_allclose(values, expected[number], atol=1e-5)
    assert len(traced) == 3


@pytest.mark.parametrize("index", [0, 1])
def test_grad_cam_of_an_average_pooled_feature_is_its_rectified_channel(headless, image, index):
    heatmap = explain(image, headless, "grad_cam", target=FeatureTarget(index))
    expected = np.maximum(channels(image, (0, -1))[..., index], 0)
    np.testing.assert_allclose(heatmap.grid, unit(expected), atol=1e-5)
    assert heatmap.title == f"Grad-CAM for feature {index}"
    assert 0.1 < heatmap.grid.mean() < 0.9


@pytest.mark.parametrize("index", [0, 1, 2])
def test_grad_cam_of_a_class_is_the_class_activation_map_of_its_logit(classifier, image, index):
    weights = np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]])[:, index]
    heatmap = explain(image, classifier, "grad_cam", target=ClassTarget(index))
    np.testing.assert_allclose(heatmap.grid, unit(np.maximum(channels(image) @ weights, 0)), atol=1e-5)
    logits = channels(image).mean(axis=(0, 1)) @ [[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]] + [0.1, 0.2, 0.3]
    assert (
        heatmap.title == f"Grad-CAM for {classifier.classes[index]}, {np.exp(logits)[index] / np.exp(logits).sum():.2f}"
    )


def test_gradients_are_of_logits_not_of_probabilities(classifier, image):
    layer = choose_layer(classifier, None, of_classes=True)
    observation = observer(classifier, layer, ClassTarget(1))(image[None])[0]
    np.testing.assert_allclose(observation.gradients, np.broadcast_to([0, 3 / 64], (8, 8, 2)), atol=1e-7)


@pytest.mark.parametrize("ending", ["logits", "softmax layer", "activation layer", "sigmoid", "convolution"])
def test_logits_are_found_however_the_classifier_ends(ending, image):
    kernel = [[2.0, -1.0], [1.0, 1.0]]
    pool = keras.layers.GlobalAveragePooling2D()
    layers = {
        "logits": [pool, dense(kernel)],
        "softmax layer": [pool, dense(kernel), keras.layers.Softmax()],
        "activation layer": [pool, dense(kernel), keras.layers.Activation("softmax")],
        "sigmoid": [pool, dense(kernel, activation="sigmoid")],
        "convolution": [
            keras.layers.GlobalAveragePooling2D(keepdims=True),
            pointwise(kernel),
            keras.layers.Flatten(),
            keras.layers.Activation("softmax"),
        ],
    }[ending]
    extractor = ToyExtractor(sequential(pointwise(MIX), *layers), classes=("a", "b"))
    heatmap = explain(image, extractor, "grad_cam", target=ClassTarget(0))
    np.testing.assert_allclose(heatmap.grid, unit(np.maximum(channels(image) @ [2, 1], 0)), atol=1e-5)
    assert heatmap.high == pytest.approx((channels(image) @ [2, 1]).max() / 64, rel=1e-4)


def test_without_a_target_a_classifier_explains_the_class_with_the_highest_logit(classifier, image):
    logits = channels(image).mean(axis=(0, 1)) @ [[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]] + [0.1, 0.2, 0.3]
    best = int(np.argmax(logits))
    heatmap = explain(image, classifier, "grad_cam")
    score = np.exp(logits[best]) / np.exp(logits).sum()
    assert heatmap.title == f"Grad-CAM for {classifier.classes[best]}, {score:.2f}"
    np.testing.assert_array_equal(heatmap.grid, explain(image, classifier, "grad_cam", target=ClassTarget(best)).grid)


def test_the_class_of_each_rank_is_explained(classifier, image):
    logits = channels(image).mean(axis=(0, 1)) @ [[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]] + [0.1, 0.2, 0.3]
    for rank, index in enumerate(np.argsort(-logits), start=1):
        ranked = explain(image, classifier, "grad_cam", target=ClassTarget(rank=rank))
        chosen = explain(image, classifier, "grad_cam", target=ClassTarget(int(index)))
        assert ranked.title == chosen.title
        np.testing.assert_array_equal(ranked.grid, chosen.grid)
    with pytest.raises(ValueError, match="There is no class of rank 4: this network tells 3 classes apart"):
        explain(image, classifier, "grad_cam", target=ClassTarget(rank=4))


def test_without_a_target_a_headless_network_explains_its_own_features(headless, image):
    values = channels(image, (0, -1))
    heatmap = explain(image, headless, "grad_cam")
    np.testing.assert_allclose(heatmap.grid, unit(np.maximum(values @ values.mean(axis=(0, 1)), 0)), atol=1e-5)
    assert heatmap.title == "Grad-CAM for this image's own features"


def test_own_features_survive_values_whose_squares_vanish(image):
    tiny = ToyExtractor(sequential(pointwise(np.array(MIX) * 1e-25)))
    plain = ToyExtractor(sequential(pointwise(MIX)))
    np.testing.assert_allclose(explain(image, tiny, "grad_cam").grid, explain(image, plain, "grad_cam").grid, atol=1e-4)


def test_grad_cam_of_a_similarity_follows_the_gradient_of_the_cosine(headless, image):
    other = image[::-1] // 3
    f, g = (channels(pixels, (0, -1)).mean(axis=(0, 1)) for pixels in (image, other))
    f_length, g_unit = np.linalg.norm(f), g / np.linalg.norm(g)
    gradient = (g_unit - (f @ g_unit) / f_length**2 * f) / f_length / 64
    expected = np.maximum(channels(image, (0, -1)) @ gradient, 0)
    heatmap = explain(image, headless, "grad_cam", target=SimilarityTarget(other, name="b.png"))
    np.testing.assert_allclose(heatmap.grid, unit(expected), atol=1e-4)
    assert heatmap.high == pytest.approx(expected.max(), rel=1e-3)
    assert heatmap.title == "Grad-CAM for similarity to b.png"


def test_similarity_to_itself_is_flat_and_says_why(headless, image):
    heatmap = explain(image, headless, "grad_cam", target=SimilarityTarget(image.copy()))
    assert not heatmap.grid.any()
    assert heatmap.note == "Flat: both images have the same features, so no position makes them more similar."


@pytest.mark.parametrize("target", [FeatureTarget(2), OwnFeaturesTarget(), "similarity", ClassTarget(1)])
def test_gradients_agree_with_finite_differences(target):
    """Against numpy alone: the rest of the network is written out by hand, in float64."""
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(3, 3, 3, 2)) / 4, rng.normal(size=(2, 2, 2, 4)) / 2
    layers = [keras.layers.Conv2D(2, 3, use_bias=False), keras.layers.Conv2D(4, 2, activation="tanh", use_bias=False)]
    network = sequential(
        *layers, keras.layers.GlobalAveragePooling2D(), dense(np.eye(4), activation="softmax"), shape=(6, 6, 3)
    )
    layers[0].set_weights([first])
    layers[1].set_weights([second])
    extractor = ToyExtractor(network, tap=3, classes=tuple("abcd"))
    image, other = rng.integers(0, 256, (2, 6, 6, 3), np.uint8)
    if target == "similarity":
        target = SimilarityTarget(other)

    def rest(activations):
        windows = np.lib.stride_tricks.sliding_window_view(activations, (2, 2), axis=(0, 1))
        return np.tanh(np.einsum("ijcab,abck->ijk", windows, second)).mean(axis=(0, 1))

    def layer(pixels):
        windows = np.lib.stride_tricks.sliding_window_view(pixels / 255, (3, 3), axis=(0, 1))
        return np.einsum("ijcab,abck->ijk", windows, first)

    centre = rest(layer(image))
    score = {
        "feature": lambda f: f[2],
        "class": lambda f: f[1],
        "own_features": lambda f: f @ centre / np.abs(centre).max(),
        "similarity": lambda f: f @ rest(layer(other)) / np.linalg.norm(f) / np.linalg.norm(rest(layer(other))),
    }[target.kind]
    activations = layer(image)
    expected = np.zeros_like(activations)
    for place in np.ndindex(activations.shape):
        step = np.zeros_like(activations)
        step[place] = 1e-5
        expected[place] = (score(rest(activations + step)) - score(rest(activations - step))) / 2e-5
    observation = observer(extractor, extractor.layers[1], target)(image[None])[0]
    np.testing.assert_allclose(observation.activations, activations, atol=1e-5)
    np.testing.assert_allclose(observation.gradients, expected, atol=2e-6)
    assert np.abs(expected).max() > 1e-3


def test_energy_and_eigen_cam_look_at_the_layer_that_was_asked_for(image):
    extractor = ToyExtractor(sequential(pointwise(MIX), pointwise([[1.0], [0.0]])))
    energy = np.linalg.norm(channels(image), axis=-1)
    heatmap = explain(image, extractor, "activation_energy", layer=1)
    np.testing.assert_allclose(heatmap.grid, (energy - energy.min()) / np.ptp(energy), atol=1e-5)
    assert (heatmap.low, heatmap.high) == pytest.approx((energy.min(), energy.max()), rel=1e-5)
    last = channels(image)[..., 0]
    np.testing.assert_allclose(
        explain(image, extractor, "eigen_cam").grid, (last - last.min()) / np.ptp(last), atol=1e-5
    )


def test_many_heatmaps_equal_single_ones_and_cost_one_pass(headless):
    images = list(np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), np.uint8))
    names = [name for name, method in HEATMAPS.items() if method.is_at_layer]
    together = explain_many(images, headless, names, target=FeatureTarget(0))
    assert headless.n_passes == 1
    assert list(together) == names
    for name in names:
        for image, heatmap in zip(images, together[name], strict=True):
            single = explain(image, headless, name, target=FeatureTarget(0))
            np.testing.assert_allclose(heatmap.grid, single.grid, atol=1e-5)
            assert heatmap.title == single.title


def test_images_that_do_not_fit_into_one_pass_keep_their_order(headless, monkeypatch):
    images = list(np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), np.uint8))
    whole = explain_many(images, headless, ["eigen_cam"])["eigen_cam"]
    monkeypatch.setattr(importlib.import_module("featx_core.heatmaps.explain"), "PIXELS_PER_PASS", 2 * 8 * 8)
    seen = []
    parts = explain_many(images, headless, ["eigen_cam"], on_progress=lambda *now: seen.append(now))["eigen_cam"]
    assert seen == [(0, 3), (2, 3), (3, 3)]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one.grid, other.grid, atol=1e-6)


def test_no_images_give_no_heatmaps(headless):
    assert explain_many([], headless, ["eigen_cam"]) == {"eigen_cam": []}


def test_progress_can_cancel_and_images_are_not_modified(headless, image):
    before = image.copy()

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        explain_many([image], headless, ["eigen_cam"], on_progress=cancel)
    assert headless.n_passes == 0
    explain(image, headless, "grad_cam")
    np.testing.assert_array_equal(image, before)
