import contextlib

import numpy as np
import pytest

from featx_core.architecture.rows import layer
from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import float32_layers, load_keras, without_weights
from featx_core.methods.registry import build
from featx_core.networks.origins import build_network
from featx_core.specs.custom_sequential import CustomSequential


def test_a_network_that_was_built_for_its_shapes_leaves_no_weights_to_be_filled_later():
    keras = load_keras()
    from keras.src.backend.common import global_state

    before = len(global_state.get_global_attribute("uninitialized_variables") or [])
    with without_weights():
        network = build_network(BACKBONES["mobilenet_v3_small"], (64, 64))
    with keras.StatelessScope():
        pass  # the end of any other stateless work, which fills what is noted
    assert len(global_state.get_global_attribute("uninitialized_variables") or []) <= before
    assert all(weight._value is None for weight in network.weights)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_a_number_format_that_was_set_for_other_networks_changes_no_features(policy):
    keras = load_keras()
    spec = CustomSequential(layers=(layer("Flatten"), layer("Dense", units=4)), image_size=(8, 8), weights="random")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    wanted = build(spec)
    keras.config.set_dtype_policy(policy)
    try:
        made = build(spec)
        assert keras.config.dtype_policy().name == policy
    finally:
        keras.config.set_dtype_policy("float32")
    found = [np.asarray(each.network(each.preprocess(pixels))) for each in (wanted, made)]
    assert np.array_equal(*found)
    assert found[0].dtype == np.float32


def test_the_number_format_comes_back_after_a_fault():
    keras = load_keras()
    keras.config.set_floatx("float64")
    try:
        with contextlib.suppress(ZeroDivisionError), float32_layers():
            assert 1 / (keras.config.floatx() == "float64") == 1.0
        assert keras.config.floatx() == "float64"
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
