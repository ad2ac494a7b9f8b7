"""Gradient methods as formulas, on activations and gradients small enough to work out by hand, and on toy networks."""

import numpy as np
import pytest

from featx_core.heatmaps.explain import explain, explain_many
from featx_core.heatmaps.gradients.grad_cam import grad_cam
from featx_core.heatmaps.gradients.grad_cam_plus_plus import grad_cam_plus_plus
from featx_core.heatmaps.gradients.hires_cam import hires_cam
from featx_core.heatmaps.gradients.layer_cam import layer_cam
from featx_core.heatmaps.targets import FeatureTarget
from tests.toys.heatmap_toys import ToyExtractor, dense, pointwise, sequential

keras = pytest.importorskip("keras")

ACTIVATIONS = np.stack([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 0.0], [0.0, 1.0]]], axis=-1)
GRADIENTS = np.stack([[[4.0, 0.0], [-1.0, 4.0]], [[-4.0, 0.0], [0.0, 2.0]]], axis=-1)


def test_hires_cam_weighs_each_place_by_its_own_gradient():
    # 1 * 4 - 5 * 4 = -16 -> 0, then 0, -3 -> 0, 16 + 2.
    np.testing.assert_allclose(hires_cam(ACTIVATIONS, GRADIENTS), [[0, 0], [0, 18]])


def test_layer_cam_leaves_negative_gradients_out():
    # 1 * 4 and nothing of -5 * 4; 0; nothing of 3 * -1; 16 + 2.
    np.testing.assert_allclose(layer_cam(ACTIVATIONS, GRADIENTS), [[4, 0], [0, 18]])


def test_grad_cam_plus_plus_follows_equations_5_and_19():
    # Sums of the channels: 10 and 6. alpha = g^2 / (2 g^2 + g^3 sum A) = 1 / (2 + 40) for g = 4, 1 / (2 + 12) for g = 2.
    weights = [2 * 4 / 42, 2 / 14]
    np.testing.assert_allclose(grad_cam_plus_plus(ACTIVATIONS, GRADIENTS), ACTIVATIONS @ weights)


def test_grad_cam_plus_plus_shows_a_small_object_as_strongly_as_a_large_one():
    """The example of the paper's figure 3: three maps of objects of different sizes, each with gradient 1 where it is."""
    activations = np.zeros((6, 6, 2))
    activations[:4, :4, 0] = activations[5, 5, 1] = 1.0
    small_to_large = [
        method(activations, activations)[5, 5] / method(activations, activations)[0, 0] for method in METHODS
    ]
    assert small_to_large == pytest.approx([1 / 16, (1 / 3) / (16 / 18)])


METHODS = grad_cam, grad_cam_plus_plus


def test_behind_average_pooling_hires_cam_is_grad_cam():
    extractor = ToyExtractor(sequential(pointwise([[1.0, -1.0], [0.5, 1.0], [0.0, 2.0]])))
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    found = explain_many([image], extractor, ["grad_cam", "hires_cam"], target=FeatureTarget(1))
    assert found["grad_cam"][0].grid.std() > 0.1
    np.testing.assert_allclose(found["hires_cam"][0].grid, found["grad_cam"][0].grid, atol=1e-6)


def test_hires_cam_finds_the_place_that_a_dense_layer_reads_and_grad_cam_does_not():
    kernel = np.zeros((64, 1))
    kernel[8 * 2 + 5] = 1.0  # reads one place alone
    extractor = ToyExtractor(sequential(pointwise([[1.0], [0.0], [0.0]]), keras.layers.Flatten(), dense(kernel)))
    image = np.full((8, 8, 3), 200, np.uint8)
    heatmap = explain(image, extractor, "hires_cam", target=FeatureTarget(0))
    assert (heatmap.grid[2, 5], heatmap.grid.sum()) == (1.0, 1.0)
    assert explain(image, extractor, "grad_cam", target=FeatureTarget(0)).grid.min() == 1.0
    assert heatmap.title == "HiRes-CAM for feature 0"
