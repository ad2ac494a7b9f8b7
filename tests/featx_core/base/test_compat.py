"""The private parts of Keras that featx touches are where it expects them."""

import pytest

from featx_core.base.compat import inputs_of, operation_of, parents_of, pending_variables, set_pending_variables
from featx_core.base.keras_setup import load_keras


@pytest.fixture(scope="module")
def network():
    keras = load_keras()
    inputs = keras.Input((4,), name="given")
    left, right = keras.layers.Dense(3, name="left")(inputs), keras.layers.Dense(3, name="right")(inputs)
    return keras.Model(inputs, keras.layers.Add(name="sum")([left, right]))


def test_operations_and_inputs_of_tensors(network):
    assert operation_of(network.output).name == "sum"
    assert [operation_of(tensor).name for tensor in inputs_of(network.output)] == ["left", "right"]
    assert inputs_of(network.input) == []


def test_parents_of_all_operations_of_a_network(network):
    names = {id(layer): layer.name for layer in network.layers}
    parents = {names[own]: {names[parent] for parent in parents} for own, parents in parents_of(network).items()}
    assert parents == {"given": set(), "left": {"given"}, "right": {"given"}, "sum": {"left", "right"}}


def test_variables_without_a_value_wait_in_a_list():
    keras = load_keras()
    before = pending_variables()
    with keras.StatelessScope(initialize_variables=False):
        keras.layers.Dense(2).build((None, 3))
    assert len(pending_variables()) == len(before) + 2
    set_pending_variables(before)
    assert pending_variables() == before
