"""Private parts of TensorFlow that featx depends on, in one place. Checked with TensorFlow 2.21."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow as tf

_PREFIX = "CustomGradient-"


def traced(function: Callable[..., Any], *inputs: tf.TensorSpec) -> tf.types.experimental.ConcreteFunction:
    """Trace a function of tensors into a graph that is freed when it is let go of. See `forget_gradients`.

    Args:
        function: What to trace. The gradients that it needs are made within.
        inputs: What it takes.

    Returns:
        The graph, which gives what the function gives, and no gradients.
    """
    import tensorflow as tf

    made = tf.function(function, autograph=False).get_concrete_function(*inputs)
    forget_gradients(made.graph)
    return made


def forget_gradients(graph: Any = None) -> int:
    """Forget the gradients that functions such as `tf.nn.silu` brought into graphs, which TensorFlow otherwise keeps for ever.

    Each call of such a function in a graph enters its gradient into one table of the process. The gradient holds its tensors,
    they hold the graph, and the graph the weights: an EfficientNet that was traced and let go of leaves 75 MB behind. A graph
    whose gradients are forgotten still runs; a gradient of it can no longer be made, only one that was traced before.

    Args:
        graph: The traced graph (`tf.Graph`) whose gradients are not needed any more, with those inside of it. None: all graphs.

    Returns:
        How many were forgotten.

    Source: `tensorflow.python.framework.ops.gradient_registry`, `tensorflow.python.ops.custom_gradient._graph_mode_decorator`.
    """
    from tensorflow.python.framework import ops

    table = ops.gradient_registry._registry
    names = [name for name in list(table) if name.startswith(_PREFIX)]
    forgotten = [name for name in names if graph is None or graph in _graphs_of(table[name]["type"])]
    for name in forgotten:
        table.pop(name, None)
    return len(forgotten)


def _graphs_of(gradient: Any) -> Iterator[Any]:
    """List the graph that a gradient belongs to, and those around it."""
    import tensorflow as tf

    computed = inspect.getclosurevars(gradient).nonlocals.get("tape_grad_fn", gradient)
    for value in tf.nest.flatten(inspect.getclosurevars(computed).nonlocals.get("result", ())):
        graph = getattr(value, "graph", None)
        while graph is not None:
            yield graph
            graph = getattr(graph, "outer_graph", None)
