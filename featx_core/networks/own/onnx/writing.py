"""A network in ONNX written anew: with its weights inside, readable names, and nothing else that the file said.

What exporters write besides (traces of the code with paths of the machine, comments, properties) is left out: neither the
workspace nor what is written from it holds any of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from featx_core.networks.own.onnx.graph import Node, OnnxGraph, Tensor, Value
from featx_core.networks.own.onnx.naming import readable_names
from featx_core.networks.own.onnx.wire import Chunks, floats, integers, nested, text, varint

INPUT = "images"
_FLOAT, _INT, _STRING, _TENSOR, _FLOATS, _INTS, _STRINGS = 1, 2, 3, 4, 6, 7, 8


def tidied(graph: OnnxGraph) -> OnnxGraph:
    """Return a network whose layers have readable names, and whose values are numbered."""
    names = readable_names(graph.nodes)
    known: dict[str, str] = {"": ""}

    def renamed(name: str) -> str:
        return known.setdefault(name, f"v{len(known)}")

    for value in graph.inputs:
        known[value.name] = INPUT if len(graph.inputs) == 1 else f"v{len(known)}"
    nodes = [
        dataclasses.replace(
            node,
            name=name,
            inputs=tuple(map(renamed, node.inputs)),
            outputs=tuple(map(renamed, node.outputs)),
            scopes=(),
        )
        for node, name in zip(graph.nodes, names, strict=True)
    ]
    inputs, outputs = (
        tuple(dataclasses.replace(value, name=renamed(value.name)) for value in values)
        for values in (graph.inputs, graph.outputs)
    )
    tensors = {renamed(name): tensor for name, tensor in graph.tensors.items() if name in known}
    return dataclasses.replace(graph, nodes=tuple(nodes), tensors=tensors, inputs=inputs, outputs=outputs)


def ending_with(graph: OnnxGraph, names: Sequence[str]) -> OnnxGraph:
    """Return the part of a network that some of its values are computed by. It gives these values."""
    needed = set(names)
    nodes = []
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.outputs):
            nodes.append(node)
            needed.update(node.inputs)
    tensors = {name: tensor for name, tensor in graph.tensors.items() if name in needed}
    outputs = tuple(Value(name, 0, None) for name in names)
    return dataclasses.replace(graph, nodes=tuple(reversed(nodes)), tensors=tensors, outputs=outputs)


def write_onnx(graph: OnnxGraph) -> bytes:
    """Write a network as a file in ONNX. Equal networks give equal bytes."""
    body: Chunks = []
    for node in graph.nodes:
        body += nested(1, _node(node))
    body.append(text(2, "network"))
    for name, tensor in graph.tensors.items():
        body += nested(5, _tensor(tensor, name))
    for number, values in ((11, graph.inputs), (12, graph.outputs)):
        for value in values:
            body += nested(number, _value(value))
    maker, _, version = graph.maker.partition(" ")
    head = [varint(1, graph.ir_version), text(2, maker), text(3, version)]
    return b"".join([*head, *nested(7, body), *nested(8, [text(1, ""), varint(2, graph.opset)])])


def _node(node: Node) -> Chunks:
    ends = [text(number, name) for number, names in ((1, node.inputs), (2, node.outputs)) for name in names]
    chunks: Chunks = [*ends, text(3, node.name), text(4, node.kind)]
    for name, value in node.attributes.items():
        chunks += nested(5, _attribute(name, value))
    return chunks


def _attribute(name: str, value: Any) -> Chunks:
    head = text(1, name)
    if isinstance(value, Tensor):
        return [head, *nested(5, _tensor(value)), varint(20, _TENSOR)]
    if isinstance(value, tuple):
        return [head, *_row(value)]
    if isinstance(value, bytes):
        return [head, *nested(4, [value]), varint(20, _STRING)]
    if isinstance(value, float):
        return [head, floats(2, [value]), varint(20, _FLOAT)]
    return [head, varint(3, value), varint(20, _INT)]


def _row(values: tuple[Any, ...]) -> Chunks:
    if all(isinstance(value, bytes) for value in values) and values:
        return [*_flat(nested(9, [value]) for value in values), varint(20, _STRINGS)]
    if all(isinstance(value, int) for value in values):
        return [integers(8, values), varint(20, _INTS)]
    return [floats(7, values), varint(20, _FLOATS)]


def _flat(rows: Iterable[Chunks]) -> Chunks:
    return [chunk for row in rows for chunk in row]


def _tensor(tensor: Tensor, name: str = "") -> Chunks:
    head: Chunks = [integers(1, tensor.dims), varint(2, tensor.kind)]
    return [*head, *([text(8, name)] if name else []), *nested(9, [tensor.content])]


def _value(value: Value) -> Chunks:
    if value.dims is None and not value.kind:
        return [text(1, value.name)]
    kind: Chunks = [varint(1, value.kind)]
    if value.dims is not None:
        sides = _flat(nested(1, [] if side is None else [varint(1, side)]) for side in value.dims)
        kind += nested(2, sides)
    return [text(1, value.name), *nested(2, nested(1, kind))]
