"""Random weights: fixed by the seed, and of a size that neither vanishes nor explodes."""

import numpy as np
import pytest

from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.hub.graph import build
from featx_core.networks.hub.untrained import randomize_tokens
from featx_core.networks.initialization import made_up_images
from tests.toys.hub.networks import CONFIGS, SIDE, row

pytest.importorskip("keras_hub", reason="needs KerasHub, see CONTRIBUTING.md")


def drawn(name, seed):
    network = build(row(name), (SIDE, SIDE))
    randomize_tokens(network, PREPROCESSING["torch"], seed)
    return network


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_features_are_sane_and_differ_between_images_and_seeds(name):
    batch = PREPROCESSING["torch"](made_up_images(np.random.default_rng(0), 3, (SIDE, SIDE)))
    network = drawn(name, 1)
    features = last(network, batch)
    assert 0.3 < features.std() < 3
    assert np.abs(features[0] - features[1]).max() > 1e-2
    randomize_tokens(network, PREPROCESSING["torch"], 2)
    assert np.abs(features - last(network, batch)).max() > 1e-2
    randomize_tokens(network, PREPROCESSING["torch"], 1)
    np.testing.assert_array_equal(last(network, batch), features)


def last(network, batch):
    found = network(batch, training=False)
    return np.asarray(found[-1] if isinstance(found, list) else found)


def test_each_token_has_a_position_of_its_own():
    """KerasHub begins with one position for all."""
    network = drawn("CLIPVisionEncoder", 0)
    (ids,) = [variable.numpy() for variable in network.weights if variable.path.endswith("position_ids")]
    assert ids.tolist() == [list(range(17))]


def test_kernels_keep_the_size_of_their_input():
    network = drawn("CLIPVisionEncoder", 0)
    by_name = {"/".join(variable.path.split("/")[-2:]): variable.numpy() for variable in network.weights}
    assert by_name["query/kernel"].std() == pytest.approx(16**-0.5, rel=0.15)
    assert by_name["attention_output/kernel"].std() == pytest.approx(16**-0.5, rel=0.15)
    assert by_name["patch_embedding/kernel"].std() == pytest.approx((8 * 8 * 3) ** -0.5, rel=0.1)
    np.testing.assert_array_equal(by_name["layer_norm_1/gamma"], 1)
    np.testing.assert_array_equal(by_name["dense_1/bias"], 0)
