"""The parts of a network in ONNX, held against each other."""

from __future__ import annotations

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.limits import MAX_PARAMETERS
from featx_core.networks.own.onnx.graph import OnnxGraph


def checked(graph: OnnxGraph) -> OnnxGraph:
    """Return a network in which each value is there before it is taken, and given once.

    Raises:
        ModelFileError: If it is none, or too large. The message can follow the name of the file.
    """
    known = {"", *graph.tensors, *(value.name for value in graph.inputs)}
    for node in graph.nodes:
        if not known.issuperset(node.inputs):
            raise ModelFileError("is damaged: a step takes a value that no step before it gives.")
        given = [name for name in node.outputs if name]
        if len(set(given)) < len(given) or not known.isdisjoint(given):
            raise ModelFileError("is damaged: a value is given twice.")
        known.update(given)
    if not known.issuperset(value.name for value in graph.outputs):
        raise ModelFileError("is damaged: no step gives its output.")
    if graph.n_parameters > MAX_PARAMETERS:
        raise ModelFileError(
            f"has {graph.n_parameters / 1e6:.3g} M parameters; the limit is {MAX_PARAMETERS / 1e6:.0f} M."
        )
    return graph
