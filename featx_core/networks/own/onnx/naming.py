"""Readable names of layers: by the modules of PyTorch where the file names them, else by the names of its steps."""

from __future__ import annotations

from collections.abc import Sequence

from featx_core.base.files.file_names import shown_text
from featx_core.networks.own.naming import SEPARATOR, unused
from featx_core.networks.own.onnx.allowed import MOVING
from featx_core.networks.own.onnx.graph import Node

MAX_NAME = 80
_LOOSE = frozenset({"StatefulPartitionedCall", "model", "functional", ""})
"""Parts of names that say nothing."""


def readable_names(nodes: Sequence[Node]) -> list[str]:
    """Name the steps of a network, each differently.

    PyTorch's exporter notes the modules that a step belongs to, such as "layer1.0.conv1". A step gets the name of its module
    where all that this computes is of one kind, else with its own kind behind it. Where nothing is noted, a name such as
    "/layer1/layer1.0/conv1/Conv" is shortened to the same.

    Args:
        nodes: In their order.
    """
    kinds: dict[str, set[str]] = {}
    for node in nodes:
        if node.kind not in MOVING:
            kinds.setdefault(_module(node), set()).add(node.kind)
    taken: set[str] = set()
    return [unused(_wanted(node, kinds), taken) for node in nodes]


def _wanted(node: Node, kinds: dict[str, set[str]]) -> str:
    own = shown_text(node.kind.lower(), MAX_NAME)
    module = _module(node)
    if module and (not node.scopes or kinds.get(module) == {node.kind}):
        return module
    return shown_text(f"{module}{SEPARATOR}{own}" if module else own, MAX_NAME)


def _module(node: Node) -> str:
    """Return the module of a step, or what its own name says of it; empty where that says nothing."""
    if node.scopes:
        return shown_text(node.scopes[-2], MAX_NAME) if len(node.scopes) > 1 else ""
    if "/" not in node.name:
        return shown_text(node.name, MAX_NAME)
    found = ""
    for part in node.name.split("/")[:-1]:
        if part.rstrip("_0123456789") in _LOOSE:
            continue
        found = part if not found or part.startswith(f"{found}{SEPARATOR}") else f"{found}{SEPARATOR}{part}"
    return shown_text(found, MAX_NAME)
