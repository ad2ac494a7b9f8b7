"""The flat graphs give what KerasHub gives, and tokens lie where a planted patch says."""

import numpy as np
import pytest

from featx_core.architecture.layers import list_layers
from featx_core.architecture.patches import patch_side
from featx_core.heatmaps.cells import cells_of
from featx_core.networks.hub.graph import build, made_from
from tests.toys.hub.networks import CONFIGS, N_FIRST, SIDE, fill, images, row, run

pytest.importorskip("keras_hub", reason="needs KerasHub, see CONTRIBUTING.md")


@pytest.fixture(scope="module")
def networks():
    return {name: fill(build(row(name), (SIDE, SIDE))) for name in CONFIGS}


def ends(network, batch):
    found = network(batch, training=False)
    found = found if isinstance(found, list) else [found]
    names = [tensor._keras_history.operation.name for tensor in network.outputs]
    return {name: np.asarray(value) for name, value in zip(names, found, strict=True)}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_ends_are_the_tokens_of_keras_hub(name, networks):
    batch = images()
    theirs, ours = run(made_from(networks[name]), batch), ends(networks[name], batch)
    if name == "HGNetV2Backbone":
        np.testing.assert_allclose(next(iter(ours.values())), theirs, atol=1e-5)
        return
    assert networks[name].layers[-1].name == "patches"
    if name == "SigLIPVisionEncoder":
        np.testing.assert_allclose(ours["pooled"], theirs, atol=1e-5)
        return
    n_first = N_FIRST.get(name, 0)
    np.testing.assert_allclose(ours["patches"].reshape(2, -1, theirs.shape[-1]), theirs[:, n_first:], atol=1e-5)
    if n_first:
        np.testing.assert_allclose(ours["class_token"], theirs[:, 0], atol=1e-5)
    if n_first > 1:
        others = "distillation_token" if name == "DeiTBackbone" else "register_tokens"
        np.testing.assert_allclose(ours[others], theirs[:, 1:n_first], atol=1e-5)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "HGNetV2Backbone"])
def test_a_bright_patch_is_where_it_was_planted(name, networks):
    """Of the maps behind the first block, the first that is made of patches alone changes most where the image does."""
    import keras

    network = networks[name]
    first = next(layer for layer in network.layers if patch_side(layer))
    model = keras.Model(network.input, first.output)
    side = patch_side(first)
    for row_number, column in ((0, 1), (2, 0), (1, 1)):
        dark = np.zeros((1, SIDE, SIDE, 3), np.float32)
        bright = dark.copy()
        bright[0, row_number * side : (row_number + 1) * side, column * side : (column + 1) * side] = 3.0
        change = np.abs(np.asarray(model(bright)) - np.asarray(model(dark)))[0].sum(axis=-1)
        assert np.unravel_index(change.argmax(), change.shape) == (row_number, column)


@pytest.mark.parametrize("name", CONFIGS)
def test_each_map_is_a_stage_and_the_last_layer_is_the_normalized_map(name, networks):
    layers = list_layers(networks[name])
    stages = [info for info in layers if info.stage]
    assert [info.stage for info in stages] == [f"stage{i}" for i in range(1, len(stages) + 1)]
    assert len(stages) == {"SwinTransformerBackbone": 2, "HGNetV2Backbone": 3}.get(name, 3)
    assert stages[-1] == layers[-1]
    assert all(len(info.output_shape) == 3 for info in stages)


def test_a_class_token_does_not_pass_through_the_last_map_but_through_those_before(networks):
    """Its gradient at the last map would be 0 on each patch."""
    import keras
    import tensorflow as tf

    network = networks["DINOV2Backbone"]
    token = network.get_layer("class_token").output
    before = keras.Model(network.input, [network.get_layer("patches_2").output, token])
    with tf.GradientTape() as tape:
        batch = tf.constant(images(1))
        tape.watch(batch)
        spread, found = before(batch)
        score = tf.reduce_sum(found**2)
    assert np.abs(tape.gradient(score, spread)).min(axis=(0, 3)).min() > 0


def test_another_size_is_built_anew():
    side = 2 * SIDE
    network = build(row("DINOV3Backbone"), (side, side))
    assert network.layers[-1].output.shape == (None, 8, 8, 16)
    batch = np.zeros((1, side, side, 3), np.float32)
    theirs = run(made_from(network), batch)
    np.testing.assert_allclose(np.asarray(network(batch)[-1]).reshape(1, -1, 16), theirs[:, 5:], atol=1e-5)


def test_cells_of_a_convolutional_network_lie_where_a_change_is_seen(networks):
    """Each convolution is a layer of its own, and its padding and stride are known."""
    network = networks["HGNetV2Backbone"]
    last = list_layers(network)[-1]
    assert last.output_shape == (4, 4, 32)
    cells = cells_of(network, last)
    assert cells.step == (8 / SIDE, 8 / SIDE)
    assert cells.first[0] * SIDE == pytest.approx(2, abs=1.2)  # evenly laid they would begin at 4
    assert not any(info.kind.startswith("HGNetV2") for info in list_layers(network) if "Affine" not in info.kind)
