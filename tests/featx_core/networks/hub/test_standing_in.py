"""The way of a network of KerasHub through featx, with a stand-in for KerasHub: what CI can check without it."""

import sys

import h5py
import numpy as np
import pytest

from featx_core.heatmaps.explain import explain_many
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.hub import keras_hub
from featx_core.networks.hub.graph import build, made_from
from featx_core.networks.hub.presets import load_brought
from featx_core.networks.hub.untrained import randomize_tokens
from featx_core.networks.weights_loading import WeightsError
from tests.toys.heatmap_toys import ToyExtractor
from tests.toys.hub.networks import SIDE, fill, images, row, run
from tests.toys.hub.standing_in import package

NAME = "ViTBackbone"


@pytest.fixture(scope="module", autouse=True)
def installed():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "keras_hub", package())
        patch.setattr(keras_hub, "has_keras_hub", lambda: True)
        yield


@pytest.fixture(scope="module")
def network():
    return fill(build(row(NAME), (SIDE, SIDE)))


def test_it_is_a_flat_graph_whose_ends_are_the_tokens(network):
    theirs = run(made_from(network), images())
    token, patches = network(images(), training=False)
    np.testing.assert_allclose(token, theirs[:, 0], atol=1e-5)
    np.testing.assert_allclose(np.reshape(patches, (2, 16, 16)), theirs[:, 1:], atol=1e-5)


def test_its_attention_is_rolled_out_over_the_patches(network):
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    (found,) = explain_many([pixels], ToyExtractor(network), ["attention_rollout"])["attention_rollout"]
    assert found.grid.shape == (4, 4)
    assert (found.grid.min(), found.grid.max(), found.layer) == (0, 1, "3 layers of attention")


@pytest.mark.slow
def test_random_weights_keep_the_size_of_features(network, tmp_path):
    made_from(network).save_weights(tmp_path / "before.weights.h5")
    randomize_tokens(network, PREPROCESSING["torch"], 1)
    assert 0.3 < np.asarray(network(images())[-1]).std() < 3
    made_from(network).load_weights(tmp_path / "before.weights.h5")


@pytest.mark.slow
def test_weights_that_were_brought_are_loaded_whole_or_refused(network, tmp_path):
    path = tmp_path / "mine.weights.h5"
    made_from(network).save_weights(path)
    loaded, notes = load_brought(row(NAME), (SIDE, SIDE), path.read_bytes(), path.name)
    np.testing.assert_allclose(loaded(images())[-1], network(images())[-1], atol=1e-6)
    assert notes == ()
    with h5py.File(path, "a") as file:
        del file["layers/encoder/layer_norm"]
    with pytest.raises(WeightsError, match=r"do not fit|not finite or missing"):
        load_brought(row(NAME), (SIDE, SIDE), path.read_bytes(), path.name)
