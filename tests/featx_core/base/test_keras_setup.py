from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import load_keras, without_weights
from featx_core.networks.origins import build_network


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
