"""Private parts of Keras that featx depends on, in one place. Checked with Keras 3.15."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_PENDING = "uninitialized_variables"


def operation_of(tensor: keras.KerasTensor) -> keras.Operation:
    """Return the operation that computes a symbolic tensor.

    Source: `KerasTensor._keras_history`, set by `keras.src.ops.node.Node`.
    """
    return tensor._keras_history.operation


def inputs_of(tensor: keras.KerasTensor) -> Sequence[keras.KerasTensor]:
    """Return the symbolic tensors that a symbolic tensor is computed from, none for an input."""
    history = tensor._keras_history
    return list(history.operation._inbound_nodes[history.node_index].input_tensors)


def parents_of(network: keras.Model) -> dict[int, set[int]]:
    """Return which operations each operation of a network was first called on, all of them by `id`; none for an input.

    Source: `Operation._inbound_nodes`.
    """
    return {
        id(operation): {id(tensor._keras_history.operation) for tensor in operation._inbound_nodes[0].input_tensors}
        for operation in network.operations
    }


def forget_graph(network: keras.Model) -> None:
    """Make the layers of a functional model as if they had never been called, so that they can stand in another graph.

    Else their first call counts, in `layer.output` and in `parents_of`. The model itself still runs, and loads and saves.

    Source: `Operation._inbound_nodes`, `Operation._outbound_nodes`.
    """
    for layer in network.layers:
        layer._inbound_nodes, layer._outbound_nodes = [], []


def pending_variables() -> list[Any]:
    """List the variables that were made without a value and that Keras would fill at the next chance.

    Source: `keras.src.backend.common.variables.initialize_all_variables`.
    """
    from keras.src.backend.common import global_state

    return list(global_state.get_global_attribute(_PENDING) or [])


def set_pending_variables(pending: list[Any]) -> None:
    """Replace that list."""
    from keras.src.backend.common import global_state

    global_state.set_global_attribute(_PENDING, pending)


def calls_of(network: keras.Model) -> Iterator[Any]:
    """List the calls that a functional network consists of, each after those that it needs.

    Each has an `operation`, its symbolic `outputs`, and `arguments.fill_in`, which puts tensors in the places of symbolic ones.
    Those of the inputs are left out. Source: `keras.src.ops.function.Function._nodes_by_depth`.
    """
    for depth in sorted(network._nodes_by_depth, reverse=True):
        yield from (node for node in network._nodes_by_depth[depth] if not node.is_input)


def layers_within(model: keras.Model) -> list[keras.layers.Layer]:
    """List the layers of a model and those that they are made of, each once.

    Source: `Layer._flatten_layers`.
    """
    found = (part for layer in model.layers for part in layer._flatten_layers(include_self=True, recursive=True))
    return list({id(part): part for part in found}.values())


def functional_of(model: keras.Model) -> keras.Model | None:
    """Return a model itself where it is functional, the functional form of a sequential one, and None for another.

    Source: `keras.src.models.sequential.Sequential._functional`.
    """
    found = getattr(model, "_functional", model)
    return found if hasattr(found, "_nodes_by_depth") else None
