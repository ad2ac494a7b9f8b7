"""The methods as formulas, on activations and gradients small enough to work out by hand."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.activation_energy import activation_energy
from featx_core.heatmaps.eigen_cam import eigen_cam
from featx_core.heatmaps.gradients.grad_cam import grad_cam
from featx_core.heatmaps.methods import HEATMAPS, heatmaps_of
from featx_core.heatmaps.observation import Observation
from featx_core.heatmaps.scaling import scale

LAYER_METHODS = [name for name, method in HEATMAPS.items() if method.is_at_layer]


@pytest.fixture
def activations():
    return np.random.default_rng(0).normal(size=(5, 7, 4)).astype(np.float32)


@pytest.fixture
def gradients():
    return np.random.default_rng(1).normal(size=(5, 7, 4)).astype(np.float32)


def test_energy_is_the_length_of_the_channel_vector():
    activations = np.array([[[3.0, 4.0], [0.0, 0.0]], [[-6.0, 8.0], [0.0, -1.0]]], np.float32)
    np.testing.assert_allclose(activation_energy(activations), [[5, 0], [10, 1]])


def test_eigen_cam_of_a_rank_one_layer_is_its_spatial_pattern():
    pattern, channels = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([3.0, 4.0])
    np.testing.assert_allclose(eigen_cam(pattern[..., None] * channels), 5 * pattern)


def test_eigen_cam_is_not_centred():
    # A^T A = diag(18, 2), so v_1 = (1, 0) and the map is the first channel. Centred it would be the second.
    activations = np.array([[[3.0, 1.0], [3.0, -1.0]]])
    np.testing.assert_allclose(eigen_cam(activations), [[3, 3]])


@pytest.mark.parametrize("shape", [(6, 5, 3), (2, 3, 40)])
def test_eigen_cam_equals_the_full_decomposition(shape):
    activations = np.random.default_rng(2).gamma(2, size=shape)
    left, values, _ = np.linalg.svd(activations.reshape(-1, shape[-1]), full_matrices=False)
    np.testing.assert_allclose(eigen_cam(activations).ravel(), np.abs(left[:, 0] * values[0]), rtol=1e-9)


@pytest.mark.parametrize("turn", [1, -1])
def test_eigen_cam_is_high_where_energy_is_high_whatever_the_sign_of_the_channels(turn):
    pattern = np.array([[1.0, 2.0], [3.0, 9.0]])
    np.testing.assert_allclose(eigen_cam(turn * pattern[..., None] * np.array([1.0, -1.0])), np.sqrt(2) * pattern)


def test_grad_cam_weighs_channels_by_their_mean_gradient_and_keeps_what_is_positive():
    activations = np.zeros((2, 2, 2), np.float32)
    activations[..., 0], activations[..., 1] = [[1, 2], [3, 4]], [[5, 0], [0, 1]]
    gradients = np.zeros((2, 2, 2), np.float32)
    gradients[..., 0], gradients[..., 1] = [[4, 0], [0, 4]], [[-4, 0], [0, 0]]
    # Weights: mean(4, 0, 0, 4) = 2 and mean(-4, 0, 0, 0) = -1. So 2 * 1 - 5 = -3 -> 0, then 4, 6, 8 - 1 = 7.
    np.testing.assert_allclose(grad_cam(activations, gradients), [[0, 4], [6, 7]])


@pytest.mark.parametrize("name", LAYER_METHODS)
def test_scaling_the_activations_does_not_change_the_scaled_map(name, activations, gradients):
    method = HEATMAPS[name]
    before = scale(method, Observation(activations, gradients))
    for factor in (1e-20, 1e10):
        after = scale(method, Observation(activations * np.float32(factor), gradients / np.float32(factor)))
        np.testing.assert_allclose(after.grid, before.grid, atol=1e-5)
    assert before.grid.std() > 0.05


@pytest.mark.parametrize("name", LAYER_METHODS)
def test_maps_are_scaled_to_their_own_largest_value(name, activations, gradients):
    scaled = scale(HEATMAPS[name], Observation(activations, gradients))
    raw = HEATMAPS[name].function(activations, gradients)
    assert (scaled.grid.min(), scaled.grid.max(), scaled.note) == (0, 1, "")
    assert scaled.grid.dtype == np.float32
    np.testing.assert_allclose(scaled.low + (scaled.high - scaled.low) * scaled.grid, raw, atol=1e-5)


@pytest.mark.parametrize("name", LAYER_METHODS)
def test_inputs_are_not_modified_and_order_of_channels_does_not_matter(name, activations, gradients):
    copies = activations.copy(), gradients.copy()
    straight = HEATMAPS[name].function(activations, gradients)
    np.testing.assert_allclose(HEATMAPS[name].function(activations[..., ::-1], gradients[..., ::-1]), straight)
    np.testing.assert_array_equal((activations, gradients), copies)


@pytest.mark.parametrize("name", LAYER_METHODS)
@pytest.mark.parametrize(
    ("activation", "gradient", "note"),
    [
        (0.0, 1.0, "no channel of this layer is active"),
        (np.nan, 1.0, "not finite"),
        (-1.0, 1.0, "responds equally everywhere|no position at this layer raises"),
        (1.0, 0.0, "responds equally everywhere|does not depend on this layer"),
    ],
)
def test_maps_with_nothing_to_show_are_zero_and_say_why(name, activation, gradient, note):
    import re

    layer = np.full((3, 4, 2), activation, np.float32), np.full((3, 4, 2), gradient, np.float32)
    with np.errstate(all="raise", invalid="ignore"):
        scaled = scale(HEATMAPS[name], Observation(*layer))
    np.testing.assert_array_equal(scaled.grid, np.zeros((3, 4)))
    assert re.search(note, scaled.note)


@pytest.mark.parametrize("name", LAYER_METHODS)
def test_one_value_that_is_not_finite_leaves_a_map_empty(name):
    layer = np.random.default_rng(0).normal(size=(8, 8, 3)).astype(np.float32)
    layer[2, 2] = np.nan, -np.inf, 1.0  # no decomposition of these converges
    scaled = scale(HEATMAPS[name], Observation(layer, np.ones_like(layer)))
    assert not scaled.grid.any()
    assert "not finite" in scaled.note


def test_rounding_noise_on_a_constant_layer_is_not_blown_up():
    noisy = np.full((3, 3, 2), 100, np.float32)
    noisy[1, 1] = np.nextafter(noisy[1, 1], np.float32(200))
    assert not scale(HEATMAPS["activation_energy"], Observation(noisy)).grid.any()


def test_a_grad_cam_that_is_the_same_everywhere_is_one_everywhere_and_says_so():
    ones = np.ones((2, 2, 3), np.float32)
    scaled = scale(HEATMAPS["grad_cam"], Observation(ones, ones))
    np.testing.assert_array_equal(scaled.grid, np.ones((2, 2)))
    assert scaled.note == "Even: every position raises the target equally."


@pytest.mark.parametrize("name", HEATMAPS)
def test_every_row_of_the_registry_can_be_shown(name):
    method = HEATMAPS[name]
    assert name == name.lower()
    assert method.title
    assert method.reference.count("arXiv:") + method.reference.count("doi:") == 1
    assert method.caption.endswith(".")
    assert method.scale.startswith("0 ")
    assert method.needs_target == (name not in ("activation_energy", "eigen_cam", "attention_rollout"))


@pytest.mark.parametrize("name", LAYER_METHODS)
def test_a_map_has_a_value_for_each_place(name, activations, gradients):
    assert HEATMAPS[name].function(activations, gradients).shape == activations.shape[:2]


def test_the_registry_cannot_be_changed():
    with pytest.raises(TypeError, match="does not support item assignment"):
        HEATMAPS["new"] = HEATMAPS["grad_cam"]


def test_rollout_is_offered_where_patches_may_attend_to_the_whole_image():
    own = fx.OwnModel("file:" + "0" * 64, "mine", (224, 224), "torch")
    for spec in (fx.Pretrained("dinov2_small", weights="random"), own, fx.Augmented(base=own)):
        assert heatmaps_of(spec) == list(HEATMAPS)
    for spec in (fx.Pretrained("resnet50"), fx.Pretrained("swin_small", weights="random"), fx.FineTuned()):
        assert heatmaps_of(spec) == [name for name, row in HEATMAPS.items() if not row.rolls]
